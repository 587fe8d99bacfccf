import { randomUUID } from "node:crypto"
import type {
  JSONObject,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4StreamPart,
  LanguageModelV4ToolCall,
  LanguageModelV4ToolResultPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider"
import { answer } from "#src/conversation/carry-out.ts"
import type { Call, TurnChoice, TurnQuestion } from "#src/conversation/result.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import type { Plan } from "#src/conversation/rules/plan.ts"
import { isRecord, outcomeOf, readPrompt } from "#src/conversation/rules/prompt.ts"
import type { Asked } from "#src/conversation/rules/prompt.ts"
import { MADE, planFor } from "#src/conversation/rules/read.ts"
import { defaultsOf, footerOf } from "#src/conversation/rules/wording.ts"
import type { Tool } from "#src/tool.ts"

export interface RulesOptions {
  /** The tools of this caller, as the loop offers them. */
  tools: readonly Tool[]
  focus?: Focus
  /** The question of the last answer, when the person who speaks now is the one it was put to. */
  asked?: TurnQuestion
  /** What the person said, when the last message of the prompt holds more than that (text quoted from others). */
  said?: string
  /** Names of files that came along, beside those in the prompt. */
  files?: readonly string[]
}

/** What command mode tells about its answer, in `providerMetadata.rules` of the text and of the finished step. */
export interface RulesMetadata {
  question?: string
  /** Dotted path into the tool input that the answer fills. */
  field?: string
  choices?: TurnChoice[]
  /** Words of the message that nothing used. */
  unused?: string[]
  /** What the calls left to its default. */
  defaults?: string[]
  /** One line for people: read without a model, what was not used, what was taken by default. */
  footer: string
}

interface Step {
  text: string
  calls: LanguageModelV4ToolCall[]
  metadata: RulesMetadata
}

/**
 * Command mode as a language model: the same loop serves both. It reads the last message of the prompt, answers with tool calls,
 * and after their results with words; where it is not sure it asks instead, with choices in `providerMetadata.rules`.
 */
export function createRulesModel(options: RulesOptions): LanguageModelV4 {
  return {
    specificationVersion: "v4",
    provider: "rules",
    modelId: "command mode",
    supportedUrls: {},
    doGenerate: (call) => settle(call, () => generated(stepFor(call, options))),
    doStream: (call) => settle(call, () => ({ stream: streamOf(streamed(stepFor(call, options))) })),
  }
}

/** The metadata of an answer of command mode; undefined for any other. */
export function rulesMetadata(metadata: Readonly<Record<string, unknown>> | undefined): RulesMetadata | undefined {
  const rules = metadata?.["rules"]
  return isRecord(rules) && typeof rules["footer"] === "string" ? (rules as unknown as RulesMetadata) : undefined // written below
}

/** Errors and a stop become rejections, as from a model behind a network. */
// oxlint-disable-next-line require-await -- a throw has to become a rejection
async function settle<T>({ abortSignal }: LanguageModelV4CallOptions, work: () => T): Promise<T> {
  abortSignal?.throwIfAborted()
  return work()
}

function stepFor({ prompt, toolChoice }: LanguageModelV4CallOptions, options: RulesOptions): Step {
  const seen = readPrompt(prompt)
  const plan = planFor(options.said ?? seen.text, {
    tools: options.tools,
    files: [...seen.files, ...(options.files ?? [])],
    ...(options.focus && { focus: options.focus }),
    ...(options.asked && { asked: options.asked }),
  })
  const all = plan.stages.flat()
  const isStopped = seen.results.some((it, at) => outcomeOf(it).isError || questionIn(it, all[at]) !== undefined)
  const stage = isStopped || toolChoice?.type === "none" ? undefined : nextStage(plan, seen.results.length)
  if (stage)
    return { text: "", calls: stage.map((call) => asToolCall(filled(call, seen))), metadata: aboutCalls(plan, []) }
  if (all.length === 0) return asking(plan)
  return closing(plan, seen, options.tools)
}

/** The first stage whose calls have not run yet. */
function nextStage(plan: Plan, done: number): Call[] | undefined {
  let before = 0
  for (const stage of plan.stages) {
    if (done <= before) return stage
    before += stage.length
  }
  return undefined
}

/** Puts the id of the thing that an earlier call made in the place kept for it. */
function filled(call: Call, { results }: Asked): Call {
  const input = Object.entries(call.input).flatMap(([key, value]) => {
    if (value !== MADE) return [[key, value]]
    const made = results.map((it) => idIn(it, key)).findLast((id) => id !== undefined)
    return made === undefined ? [] : [[key, made]]
  })
  return { tool: call.tool, input: Object.fromEntries(input) as Record<string, unknown> } // entries of an input
}

function idIn(result: LanguageModelV4ToolResultPart, key: string): string | undefined {
  const { data } = outcomeOf(result)
  const inner = isRecord(data["data"]) ? data["data"] : {}
  const id = inner[key] ?? data[key]
  return typeof id === "string" ? id : undefined
}

const asToolCall = ({ tool, input }: Call): LanguageModelV4ToolCall => ({
  type: "tool-call",
  toolCallId: `rules_${randomUUID()}`,
  toolName: tool,
  input: JSON.stringify(input),
})

function asking({ say, question, unused }: Plan): Step {
  const text = [say, question?.text ?? ""].filter(Boolean).join("\n")
  return {
    text,
    calls: [],
    metadata: {
      ...(question && { question: question.text, choices: question.choices }),
      ...(question?.field !== undefined && { field: question.field }),
      ...(unused.length > 0 && { unused }),
      footer: footerOf(unused, []),
    },
  }
}

/** The words after the last result: what the tools said, and how words with a range of meaning were taken. */
function closing(plan: Plan, { results }: Asked, tools: readonly Tool[]): Step {
  const outcomes = results.map(outcomeOf)
  const planned = plan.stages.flat()
  const left = planned
    .slice(results.length)
    .map((call) => tools.find((it) => it.name === call.tool)?.title ?? call.tool)
  const text = [
    ...plan.notes.map((note) => (/[.!?]$/.test(note) ? note : `${note}.`)),
    ...outcomes.map((it) => it.say),
    ...(left.length > 0 ? [`Not done after that: ${left.join(", ")}.`] : []),
  ]
    .filter(Boolean)
    .join("\n")
  const done = planned.slice(0, results.length).filter((_, index) => !outcomes[index]?.isError)
  const asked = results.map((it, at) => questionIn(it, planned[at])).find((it) => it !== undefined)
  return {
    text,
    calls: [],
    metadata: { ...asked, ...aboutCalls(plan, asked ? [] : [...plan.assumed, ...defaultsOf(tools, done)]) },
  }
}

/** A tool that asks back answers with `question`, `field` and `choices`; each choice becomes the completed call. */
function questionIn(
  result: LanguageModelV4ToolResultPart,
  call: Call | undefined,
): Pick<RulesMetadata, "question" | "field" | "choices"> | undefined {
  const { question, field, choices } = outcomeOf(result).data
  if (typeof question !== "string" || !Array.isArray(choices)) return undefined
  const completed = choices.flatMap((it): TurnChoice[] => {
    if (!isRecord(it) || typeof it["value"] !== "string" || typeof it["label"] !== "string") return []
    return call && typeof field === "string" ? [answer(call, field, it["value"], it["label"])] : []
  })
  return { question, ...(typeof field === "string" ? { field } : {}), choices: completed }
}

function aboutCalls({ unused }: Plan, defaults: string[]): RulesMetadata {
  return {
    ...(unused.length > 0 && { unused }),
    ...(defaults.length > 0 && { defaults }),
    footer: footerOf(unused, defaults),
  }
}

// ── The two forms of an answer ────────────────────────────────────────────────────────────────────────────────────────

const usage: LanguageModelV4Usage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
}

// Plain strings, lists and records of such, as JSON has them.
const told = (metadata: RulesMetadata) => ({ rules: metadata as unknown as JSONObject })

const finishOf = ({ calls }: Step) => ({ unified: calls.length > 0 ? "tool-calls" : "stop", raw: undefined }) as const

function generated(step: Step) {
  const providerMetadata = told(step.metadata)
  const content: LanguageModelV4Content[] = step.text
    ? [{ type: "text", text: step.text, providerMetadata }, ...step.calls]
    : [...step.calls]
  return { content, finishReason: finishOf(step), usage, providerMetadata, warnings: [] }
}

function streamOf<T>(parts: Iterable<T>): ReadableStream<T> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
}

function* streamed(step: Step): Generator<LanguageModelV4StreamPart> {
  const providerMetadata = told(step.metadata)
  yield { type: "stream-start", warnings: [] }
  if (step.text) {
    yield { type: "text-start", id: "text" }
    yield { type: "text-delta", id: "text", delta: step.text }
    yield { type: "text-end", id: "text", providerMetadata }
  }
  for (const call of step.calls) {
    yield { type: "tool-input-start", id: call.toolCallId, toolName: call.toolName }
    yield { type: "tool-input-delta", id: call.toolCallId, delta: call.input }
    yield { type: "tool-input-end", id: call.toolCallId }
    yield call
  }
  yield { type: "finish", usage, finishReason: finishOf(step), providerMetadata }
}
