import { stem } from "#src/conversation/interpreter/words.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import { plain } from "#src/conversation/rules/phrases.ts"
import { saying } from "#src/conversation/rules/plan.ts"
import type { Context, Plan } from "#src/conversation/rules/plan.ts"
import { spoken } from "#src/conversation/rules/wording.ts"

const IT = "(?:it|this|that|the (?:ring|piece|design|current one))"
const WHAT = new RegExp(
  `^(?:what|which|whats)(?: is)?(?: the)? ([a-z ]+?)(?: (?:is|are|does|do) ${IT}(?: in| have| got)?)?$`,
)
const HOW = new RegExp(`^how (wide|thick|many [a-z]+|big)(?: is| are| does| do)? (?:${IT}|the ([a-z]+))?(?: have)?$`)
const MEASURE_OF: Readonly<Record<string, string>> = { wide: "width", thick: "thickness", big: "size" }

/** "What size is it?", "how wide is the band?": told from the values of the thing in front, without a call. */
export function readQuestion(sentence: string, { focus }: Context): Plan | undefined {
  if (!focus?.parameters || !/^\W*(?:what|which|how)\b/i.test(sentence)) return undefined
  const text = plain(sentence)
  const what = WHAT.exec(text)
  const how = HOW.exec(text)
  const asked =
    what?.[1] ?? (how && [how[2], MEASURE_OF[how[1] ?? ""] ?? how[1]?.replace("many ", "")].join(" ").trim())
  return asked ? told(focus, asked.split(" ").map(stem)) : undefined
}

function told(focus: Focus, words: readonly string[]): Plan | undefined {
  const all = Object.entries(focus.parameters ?? {})
  const named = all.filter(([key]) => {
    const name = spoken(key).split(" ").map(stem)
    return words.every((word) => name.includes(word))
  })
  const exact = named.find(([key]) => spoken(key).split(" ").length === words.length)
  const found = exact ? [exact] : named
  if (found.length === 0) return undefined
  return saying(
    `${focus.name}: ${found.map(([key, value]) => `${inUnits(key)} ${spoken(value)}${unitOf(key)}`).join(", ")}.`,
  )
}

const unitOf = (key: string): string => (key.endsWith("_mm") ? " mm" : "")
const inUnits = (key: string): string => spoken(key.replace(/_mm$/, ""))
