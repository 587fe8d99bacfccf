import {
  ProtocolError,
  type CompleteResult,
  type GetPromptResult,
  type Prompt as McpPrompt,
} from "@modelcontextprotocol/server"
import { UserError } from "#src/errors.ts"
import { completion } from "#src/platform/mcp/resources.ts"
import { renderPrompt, type Prompt } from "#src/platform/prompts.ts"
import type { Studio } from "#src/studio.ts"

const INVALID_PARAMS = -32_602
const MAX_NAMES = 200

export function listPrompts(prompts: readonly Prompt[]): McpPrompt[] {
  return prompts.map(({ name, title, description, variables }) => ({
    name,
    title,
    description,
    arguments: variables.map((it) => ({ name: it.name, description: it.description, required: it.required })),
  }))
}

/** Undefined when there is no prompt of that name; wrong values are an error of the protocol. */
export function getPrompt(
  prompts: readonly Prompt[],
  name: string,
  values: Record<string, string>,
): GetPromptResult | undefined {
  const prompt = prompts.find((it) => it.name === name)
  if (!prompt) return undefined
  try {
    const text = renderPrompt(prompt, values)
    return { description: prompt.description, messages: [{ role: "user", content: { type: "text", text } }] }
  } catch (error) {
    if (error instanceof UserError) throw new ProtocolError(INVALID_PARAMS, error.message)
    throw error
  }
}

/** The choices of a variable, or the names of the caller's items of its kind, that hold what was typed. */
export function completePrompt(
  prompts: readonly Prompt[],
  name: string,
  typed: { name: string; value: string },
  { items, caller }: Studio,
): CompleteResult["completion"] | undefined {
  const prompt = prompts.find((it) => it.name === name)
  if (!prompt) return undefined
  const variable = prompt.variables.find((it) => it.name === typed.name)
  const named = variable?.kind
    ? items.list(caller.accountId, { kind: variable.kind, limit: MAX_NAMES }).map((item) => item.name)
    : []
  const wanted = typed.value.toLowerCase()
  return completion(
    [...(variable?.choices ?? []), ...new Set(named)].filter((value) => value.toLowerCase().includes(wanted)),
  )
}
