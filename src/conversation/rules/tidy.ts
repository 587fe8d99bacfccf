import { isKindness } from "#src/conversation/rules/clauses.ts"
import { unframed } from "#src/conversation/rules/frames.ts"
import { withoutSlips } from "#src/conversation/rules/slips.ts"
import { spoken } from "#src/conversation/rules/wording.ts"

/** Said before an order without changing it. */
const LEADS =
  /^(?:(?:and|also|then|so+|ok|okay|hmm+|hm|oh|ooh|oops|well|right|alright|actually|basically|now|next|hey+|yo|hi+|hello|please|lol|omg|cool|great|nice|perfect|thanks|just|only|sorry|good|sweet|ah|aw+|whoops|hold on|hang on|my bad|ye(?:s|ah|p)(?=[\s,!.]+\S)|(?:on )?second thoughts?|on reflection|final(?:ly| answer)?|(?:i(?:'ve| have)? )?changed my mind|i (?:meant|mean)|(?:scrap|scratch) that(?=[\s,.!:-]+\S)|wait(?=[,.!:\s-]+(?:make|change|actually|can|could|what|how|let|no\b|i\b)|[,.!]))\b[\s,!.:-]*)+/i
/** Wishes and suggestions that end in the thing wished for. */
const WISHES =
  /^(?:(?:let'?s|let us|can we|could we|can you|could you|can u|could u|would you|we can|how about|what about|i'd like|i want|i need|gimme|give me|can i (?:get|have)|could i (?:get|have))\s+)+(?:(?:go with|go for|go|try|do|have|use|switch to|swap to|change to|get|see)\s+)?(?:maybe\s+)?(?:(?:it|this|that)\s+(?=in|with|as))?/i
/** "put it in platinum", "give it six prongs": the verb adds nothing to what follows. */
const DOING = /^(?:(?:put|do|get|have|give|try|use|go with|go for)\s+(?:it|this|that|them)\s+)/i
const TRAILS =
  /[\s,]*\b(?:please|pls|plz|too|as well|also|instead|then|now|thanks|thank you|thx|ty|tysm|though|tho|btw|actually|thats it|that's it)[\s!.:)]*(\?*)$/i
const EMOTICONS = /(?:^|\s)(?:[:;]-?[)DpP(]|<3|xD|\^\^)(?=\s|$)/g
const SHORT: readonly [RegExp, string][] = [
  [/\bw(?=\s+\S)(?!\/)/g, "with"],
  [/\bem\b/g, "them"],
  [/^(?:shoot|ping|flick|pass|hand) me\b/gi, "give me"],
  [/\bcan u\b/gi, "can you"],
  [/\bcould u\b/gi, "could you"],
  [/\s+over(?=\s+to\b|\s*[.!]*$)/gi, ""],
  [/\b(?:exactly|precisely)(?=\s+\d)/gi, ""],
  // "like 3 mm" is about 3 mm, as "about" is.
  [/\blike(?=\s+\d)/gi, "about"],
]

/** The sentence without what only surrounds an order: greetings, kind words, hedges at the ends, emoticons, shorthand. */
export function tidy(sentence: string): string {
  let text = withoutSlips(sentence.replaceAll(EMOTICONS, " "))
  for (const [short, long] of SHORT) text = text.replaceAll(new RegExp(short, `${short.flags.replace("g", "")}g`), long)
  text = withoutKindness(text.trim())
  for (let before = ""; before !== text;) {
    before = text
    text = text.replace(LEADS, "").replace(TRAILS, "$1").trim()
  }
  return text
}

/** What is wished for, when the sentence is a wish. A question mark goes only with a polite opening. */
export function wished(sentence: string): string {
  const text = tidy(unframed(tidy(sentence)))
  const wish = WISHES.exec(text)
  const rest = wish ? text.slice(wish[0].length).replace(/\?+\s*$/, "") : text
  return rest
    .replace(DOING, "")
    .replace(/[\s.!,:;)]+$/, "")
    .trim()
}

/** "omg i love it, can i get the stl": whole phrases of kindness at either end. */
function withoutKindness(text: string): string {
  const parts = text.split(/(?<=[,.!])\s+/)
  while (parts.length > 1 && isKindness(parts[0] ?? "")) parts.shift()
  while (parts.length > 1 && isKindness(parts.at(-1) ?? "")) parts.pop()
  return parts.join(" ")
}

const EXCHANGE =
  /\b(change|switch|swap|turn|replace)\s+((?:it\s+)?from\s+|the\s+)?([\w ]+?)\s+(to|for|with|into)\s+(?=\S)/i

/** "change the diamond to a sapphire": the value there is now stands for its field. */
export function withFields(sentence: string, parameters: Readonly<Record<string, string | number>>): string {
  const match = EXCHANGE.exec(sentence)
  const said = match?.[3]?.toLowerCase()
  if (!match || said === undefined) return sentence
  const named = Object.entries(parameters).filter(([, value]) => {
    const words = spoken(value)
    return words === said || words.endsWith(` ${said}`)
  })
  const field = named.length === 1 ? named[0]?.[0] : undefined
  if (field === undefined) return sentence
  return `${sentence.slice(0, match.index)}change the ${spoken(field)} to ${sentence.slice(match.index + match[0].length)}`
}
