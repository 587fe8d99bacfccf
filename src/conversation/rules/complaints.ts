/** "The band is too wide, 2 mm": what is wrong, and what is to be done about it, as one order. */

const OPPOSITE: Readonly<Record<string, string>> = {
  wide: "narrower",
  broad: "narrower",
  narrow: "wider",
  thick: "thinner",
  thin: "thicker",
  big: "smaller",
  large: "smaller",
  huge: "smaller",
  small: "bigger",
  tiny: "bigger",
  little: "bigger",
  long: "shorter",
  short: "longer",
  high: "lower",
  tall: "lower",
  low: "higher",
  chunky: "slighter",
  bulky: "slighter",
  fat: "slighter",
  heavy: "slighter",
  skinny: "chunkier",
  dainty: "chunkier",
}
const COMPLAINT = new RegExp(
  String.raw`^(?:i (?:think|feel like) )?(?:(it|this|that|they|those)|(?:the |its |my )?([a-z]+(?: (?!is\b|are\b|was\b|looks?\b|seems?\b|feels?\b|too\b|a\b)[a-z]+)?))?(?:'s|'re|s)?` +
    String.raw` ?(?:is|are|was|looks?|seems?|feels?)? ?(?:still |just |now )*(?:(?:a )?(?:bit|little|touch|tad|lot|way|far|much) )*too (${Object.keys(OPPOSITE).join("|")})\b` +
    String.raw`(?: now| for me| for her| for him| imo| i think)?(?:\s*[,.;:!–—-]+\s*(?:so |and |please |can (?:you|we|u) |could (?:you|we|u) |let'?s |lets )*| so | can (?:you|we) | make |[\s.!]*$)(.*)$`,
  "i",
)
/** "2 mm", "make it 2 mm", "try 1.6". */
const REMEDY =
  /^(?:(?:make|try|go (?:for|with)|take|set|use|do) )?(?:(?:it|this|that|them|em) )?(?:to )?((?:about |around )?[\d.,/½¼¾]+\s?(?:mm|cm|ct|carats?|inch(?:es)?|")?)[\s.!]*$/i
const PRONOUN = /\b(?:it|them|em|this|that)\b/i

export interface Complaint {
  /** What to do about it, as an order. */
  order: string
  /** The person said what to do; else it only follows from what is wrong. */
  isOrdered: boolean
}

/** Undefined when the sentence does not complain. */
export function complaintIn(sentence: string): Complaint | undefined {
  const match = COMPLAINT.exec(sentence.trim().replaceAll("’", "'"))
  const [, , thing, how = "", rest = ""] = match ?? []
  if (!match) return undefined
  const noun =
    thing === undefined || /^(?:bit|little|way|far|much|ring|size|design)$/i.test(thing)
      ? undefined
      : thing.toLowerCase()
  const remedy = REMEDY.exec(rest)?.[1]
  const opposite = [OPPOSITE[how.toLowerCase()], noun].filter(Boolean).join(" ")
  if (rest === "") return { order: opposite, isOrdered: false }
  if (remedy !== undefined) return { order: `${opposite}, ${remedy}`, isOrdered: true }
  // "…, can you slim it down": it is what the complaint is about.
  return { order: noun === undefined ? rest : rest.replace(PRONOUN, `the ${noun}`), isOrdered: true }
}
