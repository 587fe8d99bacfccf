import { commandFor, shellQuote } from "#bots/terminal/reply.ts"
import type { OpenQuestion } from "#src/conversation/conversation.ts"
import type { TurnChoice } from "#src/conversation/result.ts"
import { answerTo } from "#src/conversation/rules/answers.ts"

/**
 * The command that gives this answer: in the thread, where the question waits for it, by words that stand for this choice and no
 * other; else as a call of its own.
 */
export function answerCommand(question: OpenQuestion, choice: TurnChoice, thread: string | undefined): string {
  const place = question.choices.findIndex((it) => it.value === choice.value) + 1
  const words = ["yes" in choice.does ? "yes" : choice.label, choice.label, choice.value, String(place)]
  const answer = words.find((it) => it.length <= MAX_WORDS && answerTo(question, it) === choice)
  const say = answer ?? ("say" in choice.does ? choice.does.say : undefined)
  if (say !== undefined)
    return `atelier ask ${shellQuote(say)}${thread === undefined ? "" : ` --thread ${shellQuote(thread)}`}`
  const call = "call" in choice.does ? choice.does.call : "yes" in choice.does ? choice.does.yes : undefined
  return call ? commandFor(call.tool, call.input) : ""
}

const MAX_WORDS = 200
