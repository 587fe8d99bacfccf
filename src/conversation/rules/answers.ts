import type { TurnChoice, TurnQuestion } from "#src/conversation/result.ts"
import { plain } from "#src/conversation/rules/phrases.ts"

const YES = /^(?:yes|yeah|yep|yup|sure|ok|okay|do it|go ahead|go on|please do|yes please|yes do it|correct|right)$/
const NO =
  /^(?:no|nope|nah|no thanks|cancel|cancel that|stop|never mind|nevermind|nvm|forget it|leave it|dont|no dont)$/
const ORDER = ["first", "second", "third", "fourth", "fifth", "sixth"]

/** "US 7" is enough for "US 7, 17.32 mm across". */
const namesOf = ({ label, value }: TurnChoice): string[] =>
  [label, label.split(/[,(]/)[0] ?? label, value.replaceAll("_", " ")].map(plain)

/** What a short message says to the question that is open: one of its choices, "no", or nothing at all. */
export function answerTo(question: TurnQuestion, message: string): TurnChoice | "no" | undefined {
  const text = plain(message)
    .replace(/^(?:the|its|make it|please) /, "")
    .replace(/ please$/, "")
  if (NO.test(text)) return "no"
  const { choices } = question
  const named = choices.filter((it) => namesOf(it).includes(text))
  if (named.length === 1) return named[0]
  const place = /^\d$/.test(text) ? Number(text) - 1 : ORDER.indexOf(text.replace(/ (?:one|choice)$/, ""))
  // A bare number may be a value ("7"), so it counts places only when no choice is a number.
  if (choices[place] && !(/^\d$/.test(text) && choices.some((it) => /^\d/.test(it.label)))) return choices[place]
  return YES.test(text) && choices.length === 1 ? choices[0] : undefined
}
