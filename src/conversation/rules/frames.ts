/**
 * How people say that something is wished, around what is wished: "my wife wants platinum", "would it be possible to have four
 * prongs", "it should be satin". Taking such a frame away changes nothing of the wish; what is left is read as strictly as ever.
 * What somebody loves, says or wrote is no wish yet and stays.
 */

const KIN =
  "wife|husband|girlfriend|gf|boyfriend|bf|partner|fianc[eé]e?|mum|mom|mother|dad|father|sister|brother|daughter|son|friend|client|customer|bride|groom"
const SOMEBODY = `(?:i|we|she|he|they|(?:(?:my|his|her|their|the|our) )?(?:${KIN}))`
const WHO = `${SOMEBODY}(?: and (?:i|me|(?:my|his|her) (?:${KIN})))?`
const IS = "(?:'m|'re|'s| am| are| is| was| were|m|re)?"
const WOULD = "(?:'d|d| would)"
const ADVERBS = "(?: (?:just|actually|really|now|definitely|both|finally|please|possibly|maybe|also))*"
const IT = "(?:it|this|that)"
const THING = "(?:it|this|that|the (?:ring|piece|design))"
const GET = "(?: (?:have|get|see|try|do|use))?"

/** Which words go, and what stays in their place. */
const FRAMES: readonly (readonly [pattern: string, left: string])[] = [
  // "I'd rather have rose gold", "we would like", "she'd love".
  [`^${WHO}${WOULD}${ADVERBS} (?:like|love|prefer|rather|go for|go with)${GET}(?! not\\b)(?= )`, ""],
  // "my wife wants platinum", "I need", "we decided on", "client changed it to".
  [
    `^${WHO}${ADVERBS}(?:'ve| have| has)?${ADVERBS} (?:want(?:s|ed)?|needs?|needed|prefers?|(?:decided|settled) on|decided to go with|chose|chosen|picked|went (?:for|with)|(?:changed|switched)(?: ${IT})? to|go with|go for)(?: to)?${GET}(?= )`,
    "",
  ],
  // "we're looking for", "I am thinking of", "I'm after".
  [
    `^${WHO}${IS}${ADVERBS} (?:looking for|after|going (?:with|for)|gonna go (?:with|for)|thinking(?: of| about)?)(?= )`,
    "",
  ],
  // "my gf is a size 5", "…, she's a US 6".
  [
    `(^|[,;.!] )${WHO}(?:'s|'re| is| are| wears| takes| has)(?: actually)?(?: an?)?(?= (?:(?:ring |finger )?size|us|uk|eu|iso|jp)\\b)`,
    "$1",
  ],
  // "looking for a ring".
  ["^(?:looking for|need|want|after) ", ""],
  ["^(?:let'?s |let us |i'?ll )?(?:settle (?:on|for)|go (?:with|for)|stick with) ", ""],
  // "I was wondering if you could …", "do you think we can …".
  [
    `^(?:(?:i|we)${IS} |just )?wondering (?:if|whether) (?:you|u|we|i) (?:could|can|would|might)(?: be able to)?(?= )`,
    "",
  ],
  ["^do you (?:think|reckon) (?:you|u|we|i) (?:could|can)(?= )", ""],
  ["^(?:(?:would|do) you )?mind(?= \\w+ing )", ""],
  [`^(?:is|would)(?: it)?(?: be)? (?:possible|ok|okay|alright) to${GET}(?= )`, ""],
  [`^would it be (?:possible|ok|okay|alright) to${GET}(?= )`, ""],
  ["^(?:is there )?any (?:chance|way) (?:of|for)(?: (?:getting|having|seeing))?(?= )", ""],
  [`^(?:is there )?any (?:chance|way)(?: to| (?:you|u|we|i) (?:could|can))${GET}(?= )`, ""],
  [
    `^(?:can|could|may) (?:we|i|you|u) (?:please|possibly|maybe|just|perhaps)(?: (?:please|possibly|maybe|just|also))*${GET}(?= )`,
    "",
  ],
  [`^(?:can|could) ${IT} (?:please |possibly )?be(?= )`, ""],
  // The only way to show it in platinum is to make it so; what was there stays one step back.
  [
    `^(?:(?:can|could|may) (?:i|we|you|u) )?(?:please )?(?:let me |lets? )?(?:show|see|view|look at)(?: me| us)? (?:what |how )?${THING}(?: would)?(?: looks?(?: like)?)?(?= (?:in|with) )`,
    "",
  ],
  // "it should be platinum", "the band needs to be 3 mm".
  [`^${IT} (?:should|must|needs? to|has to|ought to|is (?:supposed|meant) to) (?:be|have)(?: in)?(?= )`, "make it"],
  [
    "^(the (?:[a-z]+ ){1,3}?)(?:should|must|needs? to|has to|have to|ought to|(?:is|are) (?:supposed|meant) to) be(?: in)?(?= )",
    "make $1",
  ],
  ["^(?:can|could) (the (?:[a-z]+ ){1,3}?)be(?: in)?(?= )", "make $1"],
  // "try 4 prongs", "swap to moissanite".
  [`^(?:try|(?:swap|switch|change|go)(?: ${IT})? to) (?!to\\b)(?=\\S)`, ""],
  // "I think 4 prongs look better". "That looks better" praises what is there.
  [
    `^(?:(?:i|we) (?:think|believe|guess|feel|reckon)(?: that)? )?(?!${THING}\\b|which|what)(.+?) (?:(?:would|might|'d) (?:look|be)|looks?|is|are) (?:(?:so|much|way|a lot|a bit) )?(?:better|nicer|prettier|best)$`,
    "$1",
  ],
]
const RULES = FRAMES.map(([pattern, left]) => [new RegExp(pattern, "i"), left] as const)
const POLITE = /^(?:can|could|may|would|will|do|is there|any|mind|is it|let)\b/i

/** Said behind an order without changing it. */
const BEHIND = new RegExp(
  `[\\s,]+(?:${[
    "if (?:(?:it'?s|that'?s|at all) )?possible",
    "if (?:you|u|we) (?:can|could|don'?t mind)",
    "if (?:it'?s|that'?s) (?:ok|okay|alright|fine)",
    "when (?:you|u) (?:can|get a (?:chance|minute|moment))",
    "(?:what (?:do|would) (?:you|u) (?:think|say)|thoughts|yeah|ok|okay)\\s*\\?*",
    "(?:that )?(?:would|'d) be (?:great|nice|good|perfect|lovely|ideal|awesome|amazing)",
    "for (?:me|us|now)",
    "nothing (?:too )?(?:crazy|fancy|special|flashy)",
    "rn|again|thats all|that's all",
  ].join("|")})[\\s!.]*$`,
  "i",
)
/** "making it platinum" → "make it platinum". */
const GERUND = /^(?:(mak|chang|us|hav|giv)ing|(set|put)ting|(swap)ping|(try|turn|do|switch)ing)\b/i
/** "it to be platinum", "it platinum", "to have a ruby". */
const EMPTY =
  /^(?:(?:it|this|that) (?!is\b|was\b|should\b|and\b|or\b))?(?:to (?:be|have|get|see) )?(?:be (?=in |with ))?/i

const MOST_ROUNDS = 5

/** The wish without the words that only say that it is one; the same text when there are none. */
export function unframed(sentence: string): string {
  let text = sentence.replaceAll("’", "'").trim()
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = text
    text = text.replace(BEHIND, "").trim()
    const at = text
    for (const [pattern, left] of RULES) text = text.replace(pattern, left).trim()
    if (text !== at && POLITE.test(at)) text = text.replace(/\?+\s*$/, "")
    if (text !== at) text = text.replace(GERUND, infinitive).replace(EMPTY, "").trim()
    if (text === before) break
  }
  // "I'm thinking about it" wishes for nothing.
  return /^(?:it|this|that)?$/i.test(text) ? sentence : text
}

const infinitive = (_all: string, withoutE?: string, ...whole: (string | undefined | number)[]): string =>
  withoutE === undefined ? (whole.find((it) => typeof it === "string") ?? "") : `${withoutE}e`
