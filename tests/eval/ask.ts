import { generateText, isStepCount, tool as toolOf } from "ai"
import type { ToolSet } from "ai"
import { createInstructions } from "#src/conversation/instructions.ts"
import type { Tool } from "#src/tool.ts"
import type { ModelFor } from "#tests/eval/models.ts"
import { contexts } from "#tests/eval/row.ts"
import type { Row } from "#tests/eval/row.ts"
import type { Answer } from "#tests/eval/score.ts"

const MAX_STEPS = 8
const TIME_LIMIT_MS = 120_000

/** Says the sentence to the model in the loop of production; the tools note their calls and change nothing. */
export async function answerOf(row: Row, tools: readonly Tool[], modelFor: ModelFor): Promise<Answer> {
  const calls: Answer["calls"] = []
  const noted = tools.map((it) => [
    it.name,
    toolOf({
      description: it.description,
      inputSchema: it.input,
      execute: (input: Record<string, unknown>) => {
        calls.push({ tool: it.name, input })
        return { say: `${it.title}: done.`, data: it.name === "design_create" ? { design: "design_new" } : {} }
      },
    }),
  ])
  const start = performance.now()
  const result = await generateText({
    model: modelFor(row, tools),
    tools: Object.fromEntries(noted) as ToolSet, // pairs of name and tool, built above
    instructions: await createInstructions()({ focus: row.context && contexts[row.context], calls: [], earlier: [] }),
    prompt: row.say,
    maxRetries: 1,
    stopWhen: isStepCount(MAX_STEPS),
    abortSignal: AbortSignal.timeout(TIME_LIMIT_MS),
  })
  return { calls, text: result.text, ms: performance.now() - start }
}
