/** Words that only hold a sentence together: put right, a slip in one of them can change no value. */
const PLAIN =
  `the and with that this please just want like need have could would should make change turn switch show give export save download
   undo instead wide thick bigger smaller from size`.split(/\s+/)
/** A slip that makes another word is no slip. */
const WORDS = new Set(["form", "own", "sue", "sued", "hat", "tan", "dose"])

/** Two neighbouring letters in the wrong order: "teh", "mkae", "wnat". */
const SLIPS = new Map(
  PLAIN.flatMap((word) =>
    Array.from({ length: word.length - 1 }, (_, at) => {
      const slip = word.slice(0, at) + (word[at + 1] ?? "") + (word[at] ?? "") + word.slice(at + 2)
      return [slip, word] as const
    }).filter(([slip]) => slip !== word && !WORDS.has(slip)),
  ),
)

/** The sentence with the plain words put right that the hand mixed up; values are never touched. */
export function withoutSlips(sentence: string): string {
  return sentence.replaceAll(/\p{L}{3,}/gu, (word) => SLIPS.get(word.toLowerCase()) ?? word)
}
