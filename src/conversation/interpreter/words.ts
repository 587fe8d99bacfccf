/** What plain English words do in a command, apart from any tool: which may be passed over and which must stop the reading. */

const set = (text: string) => new Set(text.trim().split(/\s+/))

/** Carry no content of their own: passing over them cannot change what was asked for. */
export const FILLERS = set(`
  a an the and with in of on for to at by from as is are be it's its i i'd i'm i'll me my mine you your we we'd us our
  please pls plz thanks thank thx cheers hi hello hey dear ok okay so well just also too plus some this here there
  would could can may might want need should will shall let let's that's which has have having both about around
  approximately roughly approx circa then held smth sth something actually basically literally yo u ur n thats im id ive wanna gimme lol haha hmm um uh`)

/** Said about the occasion or the mood: cannot be read as a setting of anything. Passed over, but named in the answer. */
export const DECORATION = set(`
  simple classic timeless nice beautiful lovely gorgeous pretty stunning perfect amazing wonderful great awesome cool cute elegant fancy
  wife husband girlfriend boyfriend partner fiance fiancee fiancé fiancée mother father mom mum dad sister brother friend daughter son
  birthday anniversary christmas valentine gift present proposal bride groom
  really very quickly quick asap now today guys buddy mate sir madam`)

/** Turn a sentence round. Nothing that holds one of them is carried out without a new sentence. */
export const NEGATIONS = set(`
  no not none never without don't dont doesn't isn't won't can't cannot wouldn't shouldn't aren't nor neither
  except excluding minus instead rather unless nothing nobody`)

/** At the head of a sentence (and outside an opening) these make it a question about things, not an order. */
export const QUESTION_STARTS = set(
  "is are has have had will was were does do did am should would may might can could shall",
)

/** After a person or a thing these tell how something is: "we have a ring", "a ring is gold". */
export const STATIVES = set("is are was were am have has had made got")
export const PERSONS = set("i we you he she they who")

/** Polite openings of several words, passed over as one. Longest first. */
export const OPENINGS: readonly string[][] = [
  "i would like to",
  "i would love to",
  "i want you to",
  "i need you to",
  "i would like",
  "i would love",
  "i'd like to",
  "i'd love to",
  "i'd like",
  "i'd love",
  "we'd like",
  "would like to",
  "would love to",
  "would like",
  "would love",
  "would you please",
  "would you",
  "would you mind",
  "can you please",
  "can you",
  "can u",
  "could you please",
  "could you",
  "could u",
  "will you",
  "can i have",
  "could i have",
  "can i get",
  "could i get",
  "may i have",
  "can we have",
  "could we have",
  "may we have",
  "let me have",
  "let me see",
  "i want to",
  "i want",
  "i need",
  "help me",
  "thank you",
  "thanks a lot",
  "good morning",
  "good evening",
  "how about",
  "for her",
  "for him",
]
  .map((phrase) => phrase.split(" "))
  .sort((a, b) => b.length - a.length)

/** Sense a tool's verb (the last part of its name) has in plain speech. Strong words lead a command; weak ones only hint. */
export const VERBS: Readonly<Record<string, { strong: ReadonlySet<string>; weak: ReadonlySet<string> }>> = {
  create: {
    strong: set("make create design build generate craft draw produce start begin compose"),
    weak: set("a an another new want need get give"),
  },
  edit: {
    strong: set("change edit modify adjust set switch update turn alter revise"),
    weak: set("it the this that to them make same keep into last use"),
  },
  generate: { strong: set("generate create make draw paint"), weak: set("a an another want need get give") },
  show: {
    strong: set("show display view see open inspect describe"),
    weak: set("it the this that them me last latest current"),
  },
  export: {
    strong: set("export save download convert write"),
    weak: set("it the this that them as give get send me last latest"),
  },
  find: { strong: set("find search list"), weak: set("all my") },
  list: { strong: set("list show"), weak: set("all my the") },
  cancel: { strong: set("cancel stop abort"), weak: set("the it that this") },
  wait: { strong: set("wait"), weak: set("for until") },
  delete: { strong: set("delete remove erase"), weak: set("the it that this") },
  help: { strong: set("help"), weak: set("with how") },
  status: { strong: set("status"), weak: set("the") },
}

/** Words that are a code only in capitals or beside a number: "US" against "make us a ring". */
export const CODE_LIKE = set("us it in at is be no am do so to as an i a me de ca es au")

/** Reduces a word to what is compared: lower case, no possessive, singular. */
export function stem(word: string): string {
  const lower = word.normalize("NFKC").toLowerCase().replaceAll("’", "'").replace(/'s$/, "")
  if (lower.length > 4 && lower.endsWith("ies")) return `${lower.slice(0, -3)}y`
  if (lower.length > 4 && /(ch|sh|x|ss)es$/.test(lower)) return lower.slice(0, -2)
  if (lower.length > 3 && lower.endsWith("s") && !lower.endsWith("ss") && !lower.endsWith("us"))
    return lower.slice(0, -1)
  return lower
}

/** Number of single-letter changes (insert, drop, replace, swap neighbours) between two words; stops counting at `most` + 1. */
export function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      next.push(least)
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}

/** The closest of `names` within a distance that a slip of the hand explains (1 from five letters on, 2 from seven). */
export function closest(word: string, names: ReadonlySet<string>): string | undefined {
  if (names.has(word)) return undefined
  const most = word.length >= 7 ? 2 : word.length >= 5 ? 1 : 0
  if (most === 0) return undefined
  let found: string | undefined
  let least = most + 1
  for (const name of names) {
    if (name.length < 4 || (name[0] !== word[0] && name[1] !== word[0])) continue
    const apart = distance(word, name, most)
    if (apart < least) [found, least] = [name, apart]
  }
  return found
}
