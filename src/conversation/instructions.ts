import type { Call } from "#src/conversation/result.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import { loadPrompts, renderPrompt, type Prompt } from "#src/platform/prompts.ts"

const MAX_DATA = 8_000

/** What a language model is told before a conversation. */
export type Instructions = (known: {
  focus: Focus | undefined
  calls: readonly Call[]
  earlier: readonly string[]
}) => Promise<string>

/** The text is read from prompts/conversation/turn.md at the first turn. */
export function createInstructions(): Instructions {
  let loading: Promise<Prompt> | undefined
  return async ({ focus, calls, earlier }) => {
    const prompt = await (loading ??= load())
    const inFront = focus && { ...focus, lastCall: undefined, lastCalls: calls }
    return renderPrompt(prompt, {
      ...(inFront ? { focus: JSON.stringify(inFront).slice(0, MAX_DATA) } : { focus: "Nothing yet." }),
      ...(earlier.length > 0 ? { earlier: earlier.map((words) => `- ${words}`).join("\n") } : {}),
    })
  }
}

async function load(): Promise<Prompt> {
  const prompt = (await loadPrompts(["conversation"])).find((it) => it.name === "conversation_turn")
  if (!prompt) throw new Error("prompts/conversation/turn.md is absent")
  return prompt
}
