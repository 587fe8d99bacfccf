import { isStepCount, jsonSchema, streamText, tool as aiTool, type ModelMessage, type ToolSet } from "ai"
import type { LanguageModelV4 } from "@ai-sdk/provider"
import { z } from "zod"
import { carryOut, type Outcome } from "#src/conversation/carry-out.ts"
import type { Told } from "#src/conversation/live.ts"
import type { Call } from "#src/conversation/result.ts"
import { rulesMetadata, type RulesMetadata } from "#src/conversation/rules/provider.ts"
import { UserError } from "#src/errors.ts"
import type { Studio } from "#src/studio.ts"
import type { Tool } from "#src/tool.ts"
import type { Registry } from "#tools/registry.ts"

const TURN_MS = 15 * 60_000

/** `.meta()` of the interpreter's grammar: no model needs it. */
const GRAMMAR_KEYS = ["aliases", "unit", "cue", "unavailable", "excludes", "artifact", "id"]

export interface LoopOptions {
  model: LanguageModelV4
  instructions: string
  messages: ModelMessage[]
  /** The tools of this person on this surface; admin tools are never among them. */
  tools: readonly Tool[]
  registry: Registry
  studio: Studio
  /** A loop that is longer runs in circles. */
  maxSteps: number
  /** How long a call may wait for its job before the model gets the job id instead. */
  patienceMs?: number
  turnId: string
  tell(event: Told): void
  /** A call was carried out. */
  onOutcome(outcome: Outcome): void
}

export interface Looped {
  text: string
  outcomes: Outcome[]
  /** Calls that destroy something: put to the person, not carried out. */
  unconfirmed: { tool: Tool; call: Call }[]
  rules?: RulesMetadata
  isRunaway: boolean
}

/** One turn: the model speaks and calls tools until it has answered. Rejects when the model fails or the signal aborts. */
export async function runLoop(options: LoopOptions): Promise<Looped> {
  const late = new AbortController()
  // A timer that outlives its turn, as that of AbortSignal.timeout does, would keep the whole turn in memory.
  const timer = setTimeout(() => late.abort(new DOMException("too long", "TimeoutError")), TURN_MS)
  try {
    return await loop(options, late.signal)
  } finally {
    clearTimeout(timer)
  }
}

async function loop(options: LoopOptions, late: AbortSignal): Promise<Looped> {
  const looped: Looped = { text: "", outcomes: [], unconfirmed: [], isRunaway: false }
  const { studio, tell, turnId } = options
  const result = streamText({
    model: options.model,
    instructions: options.instructions,
    messages: options.messages,
    tools: toolSet(options, looped),
    stopWhen: isStepCount(options.maxSteps),
    abortSignal: AbortSignal.any([studio.signal, late]),
    // Errors come as parts of the stream and are thrown below.
    onError: () => {},
  })
  for await (const part of result.stream) {
    if (part.type === "text-delta") {
      looped.text += part.text
      tell({ kind: "delta", turnId, text: part.text })
    } else if (part.type === "text-end") {
      const rules = rulesMetadata(part.providerMetadata)
      if (rules) looped.rules = rules
      looped.text += "\n"
    } else if (part.type === "error") throw part.error
    else if (part.type === "abort") throwEnded(studio.signal, late)
    else if (part.type === "finish")
      looped.isRunaway = part.finishReason === "tool-calls" && looped.unconfirmed.length === 0
  }
  studio.signal.throwIfAborted()
  looped.text = looped.text.trim()
  return looped
}

function throwEnded(stopped: AbortSignal, late: AbortSignal): void {
  stopped.throwIfAborted()
  if (late.aborted)
    throw new UserError(
      `The answer took longer than ${TURN_MS / 60_000} minutes and was ended.`,
      "What was accepted goes on as a job. Ask for less at once.",
      "cancelled",
    )
}

function toolSet(options: LoopOptions, looped: Looped): ToolSet {
  return Object.fromEntries(
    options.tools.map((tool) => [
      tool.name,
      aiTool({
        description: tool.description,
        inputSchema: jsonSchema<Record<string, unknown>>(inputSchemaOf(tool)),
        execute: (input, { toolCallId }) => execute(tool, input, toolCallId, options, looped),
      }),
    ]),
  )
}

async function execute(
  tool: Tool,
  input: Record<string, unknown>,
  callId: string,
  options: LoopOptions,
  looped: Looped,
): Promise<Record<string, unknown>> {
  const { studio, registry, tell, turnId, onOutcome } = options
  const call = { tool: tool.name, input }
  if (tool.effect === "destroys") {
    looped.unconfirmed.push({ tool, call })
    return { say: "Not done: this cannot be undone, so the studio puts it to the person." }
  }
  tell({ kind: "tool-started", turnId, callId, tool: tool.name, title: tool.title })
  const outcome = await carryOut(call, {
    registry,
    studio,
    ...(options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs }),
  })
  tell({ kind: "tool-ended", turnId, callId, ok: outcome.outcome !== "failed" })
  looped.outcomes.push(outcome)
  onOutcome(outcome)
  studio.signal.throwIfAborted()
  if (outcome.outcome === "failed") throw new Error(outcome.say)
  const { question } = outcome
  return {
    say: outcome.say,
    data: outcome.data,
    ...(question && { question: question.text, field: question.field, choices: question.choices }),
  }
}

const schemas = new WeakMap<Tool, Parameters<typeof jsonSchema>[0]>()

function inputSchemaOf(tool: Tool): Parameters<typeof jsonSchema>[0] {
  let schema = schemas.get(tool)
  if (!schema) {
    const made = z.toJSONSchema(tool.input, {
      io: "input",
      unrepresentable: "any",
      override: ({ jsonSchema: node }) => {
        for (const key of GRAMMAR_KEYS) delete (node as Record<string, unknown>)[key] // plain JSON
      },
    })
    schema = made as Parameters<typeof jsonSchema>[0] // zod writes JSON Schema 2020-12, of which this is the common part
    schemas.set(tool, schema)
  }
  return schema
}
