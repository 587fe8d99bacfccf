import { jsonSchema, tool as aiTool, type ToolSet } from "ai"
import { z } from "zod"
import { carryOut, type Outcome } from "#src/conversation/carry-out.ts"
import { consentTo, withAllowance, type Allowance } from "#src/conversation/consent.ts"
import type { Told } from "#src/conversation/live.ts"
import { quote } from "#src/conversation/quoted.ts"
import type { Call, TurnQuestion } from "#src/conversation/result.ts"
import type { Studio } from "#src/studio.ts"
import type { Tool } from "#src/tool.ts"
import type { Registry } from "#tools/registry.ts"

/** `.meta()` of the interpreter's grammar: no model needs it. */
const GRAMMAR_KEYS = ["aliases", "unit", "cue", "unavailable", "excludes", "artifact", "id"]
const MAX_RESULT = 12_000

/** What carrying out calls in a turn needs, and tells. */
export interface Hands {
  registry: Registry
  studio: Studio
  /** The tools of this person on this surface; admin tools are never among them. */
  tools: readonly Tool[]
  allowance: Allowance
  patienceMs: number
  /** A tool that has started no job by then is stopped; absent = when the turn is. */
  toolMs?: number
  turnId: string
  tell(event: Told): void
  /** Before anything else is told of a call. */
  flush(): void
  onOutcome(outcome: Outcome): void
  onJob(jobId: string): void
}

/** What came of the calls of a turn so far. */
export interface Deeds {
  outcomes: Outcome[]
  /** What has to be settled with the person before anything more is done. */
  question?: TurnQuestion
  /** Calls that came after the question, and were left. */
  left: Tool[]
}

/** Carries out one call, or puts it to the person; undefined when it was put to them. `isAgreed`: they said yes to exactly this. */
export async function carryOne(
  tool: Tool,
  call: Call,
  callId: string,
  hands: Hands,
  { isAgreed = false } = {},
): Promise<Outcome | { question: TurnQuestion }> {
  if (tool.effect === "destroys" && !isAgreed) return { question: consentTo(tool, call, { kind: "destroys" }) }
  const { registry, tell, turnId, patienceMs } = hands
  const allowance: Allowance = isAgreed ? { seconds: Infinity } : hands.allowance
  delete allowance.refused
  let hasJob = false
  const slow = new AbortController()
  const timer = hands.toolMs === undefined ? undefined : setTimeout(() => hasJob || slow.abort(), hands.toolMs)
  const studio = withAllowance(
    { ...hands.studio, signal: AbortSignal.any([hands.studio.signal, slow.signal]) },
    allowance,
    (jobId) => {
      hasJob = true
      hands.onJob(jobId)
    },
  )
  hands.flush()
  tell({ kind: "tool-started", turnId, callId, tool: tool.name, title: tool.title })
  const outcome = await carryOut(call, { registry, studio, patienceMs }).finally(() => clearTimeout(timer))
  tell({ kind: "tool-ended", turnId, callId, ok: outcome.outcome !== "failed" })
  const refused = allowance.refused as { seconds: number } | undefined // set in the meantime
  if (refused) return { question: consentTo(tool, call, { kind: "costs", seconds: refused.seconds }) }
  hands.onOutcome(outcome)
  return outcome
}

/** The tools as a model calls them. `isModel`: results are quoted; command mode reads them as they are. */
export function toolSet(hands: Hands, deeds: Deeds, isModel: boolean): ToolSet {
  return Object.fromEntries(
    hands.tools.map((tool) => [
      tool.name,
      aiTool({
        description: tool.description,
        inputSchema: jsonSchema<Record<string, unknown>>(inputSchemaOf(tool)),
        execute: (input, { toolCallId }) => execute(tool, input, toolCallId, hands, deeds, isModel),
      }),
    ]),
  )
}

async function execute(
  tool: Tool,
  input: Record<string, unknown>,
  callId: string,
  hands: Hands,
  deeds: Deeds,
  isModel: boolean,
): Promise<unknown> {
  if (deeds.question) {
    deeds.left.push(tool)
    return { say: "Not done: a question to the person is open first." }
  }
  const came = await carryOne(tool, { tool: tool.name, input }, callId, hands)
  if (!("outcome" in came)) {
    deeds.question = came.question
    return { say: "Not done: the studio puts it to the person." }
  }
  deeds.outcomes.push(came)
  if (came.question) deeds.question = came.question
  const { say, data, question, artifacts, outcome, job } = came
  const words = isModel ? (text: string) => quote(`tool ${tool.name}`, text, MAX_RESULT) : (text: string) => text
  if (outcome === "failed") throw new Error(words(say))
  if (!isModel)
    return { say, data, ...(question && { question: question.text, field: question.field, choices: question.choices }) }
  const files = artifacts.map(({ id, name, mediaType }) => ({ id, name, mediaType }))
  return words(JSON.stringify({ say, data, ...(files.length > 0 && { files }), ...(job && { job }) }))
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
