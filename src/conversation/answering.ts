import type { LanguageModelV4 } from "@ai-sdk/provider"
import type { UserContent } from "ai"
import { answerDoc, provenanceNote, type Ending } from "#src/conversation/answer.ts"
import { carryOut, type Outcome } from "#src/conversation/carry-out.ts"
import type { Incoming, Message, Provenance, ThreadEvent } from "#src/conversation/conversation.ts"
import type { Block, Press } from "#src/conversation/document.ts"
import { focusOf, remembered } from "#src/conversation/focus.ts"
import { instructionsFor } from "#src/conversation/instructions.ts"
import type { Live } from "#src/conversation/live.ts"
import { runLoop, type Looped } from "#src/conversation/loop.ts"
import type { ConversationParts } from "#src/conversation/parts.ts"
import { fileNames, historyOf, turnMessages } from "#src/conversation/prompt.ts"
import type { TurnQuestion } from "#src/conversation/result.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import { createRulesModel } from "#src/conversation/rules/provider.ts"
import type { Memory, Transcript } from "#src/conversation/transcript.ts"
import { explain, UserError } from "#src/errors.ts"
import { llmError } from "#src/platform/llm/failure.ts"
import type { LlmUsage } from "#src/platform/llm/llm.ts"
import type { Caller, Studio } from "#src/studio.ts"

const HISTORY = 40
const COMMAND_STEPS = 12
const COMMAND_MODE = "command mode"

export interface Turn {
  threadId: string
  caller: Caller
  signal: AbortSignal
  onJob(id: string): void
}

type AnsweringParts = ConversationParts & { transcript: Transcript; live: Live }
type EndKind = Extract<ThreadEvent, { kind: "turn-ended" }>["outcome"]

/** What came of a turn, before it is written down. */
interface Came {
  ending: Ending
  provenance: Provenance
  outcome: EndKind
  question?: TurnQuestion
}

/** Answers: by a model or in command mode through one loop, or by carrying out what a button holds. */
export function createAnswering(parts: AnsweringParts) {
  return {
    turn: (turn: Turn, incomings: readonly Incoming[], firstNumber: number): Promise<Message> =>
      answered(parts, turn, (studio, turnId, memory) =>
        converse(parts, turn, incomings, { studio, turnId, memory, firstNumber }),
      ),
    press: (turn: Turn, press: Exclude<Press, { kind: "say" }>): Promise<Message> =>
      answered(parts, turn, (studio, _turnId, memory) => pressed(parts, { turn, studio, memory }, press)),
  }
}

/** Runs a turn and always ends it: with an answer in the transcript, whatever happened. */
async function answered(
  parts: AnsweringParts,
  turn: Turn,
  work: (studio: Studio, turnId: string, memory: Memory) => Promise<Came>,
): Promise<Message> {
  const { transcript, live, log } = parts
  const { threadId, caller, signal } = turn
  const turnId = transcript.turnStarted(threadId)
  live.tell(threadId, { kind: "turn-started", turnId })
  const memory = transcript.memory(threadId)
  const studio = parts.studioFor({
    caller,
    signal,
    progress: (progress) => live.tell(threadId, { kind: "progress", turnId, progress }),
  })
  const came = await work(withJobs(studio, turn, turnId, transcript), turnId, memory).catch((error: unknown): Came => {
    const known = llmError(error)
    if (signal.aborted) return plain("Stopped. What was accepted goes on as a job.", "stopped")
    const { code, problem, hint } = explain(known, turnId)
    if (code === "internal") log.error({ err: known, turn: turnId }, "a turn broke")
    return plain(`${problem} ${hint}`.trim(), "failed")
  })
  if (!transcript.get(caller.accountId, threadId))
    throw new UserError("This conversation was deleted.", "Begin a new one.", "not_found")
  const addButton = (label: string, press: Press) => transcript.addButton(threadId, caller.accountId, label, press)
  delete memory.asked
  if (came.question) memory.asked = { accountId: caller.accountId, question: came.question }
  transcript.remember(threadId, memory)
  const doc = answerDoc(came.ending, addButton)
  const message = transcript.add(threadId, { role: "assistant", authorId: null, doc })
  if (!message) throw new Error("an answer without a message id cannot be there already")
  transcript.turnEnded(turnId)
  live.tell(threadId, { kind: "turn-ended", turnId, message, provenance: came.provenance, outcome: came.outcome })
  return message
}

/** Remembers the jobs of a turn, so that a restart can still deliver what they come to. */
function withJobs(studio: Studio, turn: Turn, turnId: string, transcript: Transcript): Studio {
  const { jobs } = studio
  return {
    ...studio,
    jobs: {
      ...jobs,
      submit: (contract, payload, options) => {
        const view = jobs.submit(contract, payload, options)
        transcript.turnJob(turnId, view.id)
        turn.onJob(view.id)
        return view
      },
    },
  }
}

async function converse(
  parts: AnsweringParts,
  turn: Turn,
  incomings: readonly Incoming[],
  { studio, turnId, memory, firstNumber }: { studio: Studio; turnId: string; memory: Memory; firstNumber: number },
): Promise<Came> {
  const { llm, transcript, live } = parts
  const { threadId, caller } = turn
  const registry = await parts.registry()
  const tools = registry.visible(caller.role)
  const focus = await focusOf(memory, caller.accountId, parts)
  const usages: LlmUsage[] = []
  let hasBegun = false
  const common = {
    tools,
    registry,
    studio,
    turnId,
    tell: (event: Parameters<Live["tell"]>[1]) => {
      hasBegun = true
      live.tell(threadId, event)
    },
    onOutcome: (outcome: Outcome) => {
      const found = remembered(memory, outcome, caller.accountId, parts.items)
      if (found) live.tell(threadId, { kind: "focus", ...found })
    },
  }
  const byCommand = () =>
    runLoop({
      ...common,
      model: rulesModel(incomings, { tools, focus, memory, caller }),
      instructions: "",
      messages: [{ role: "user", content: commandContent(incomings, parts) }],
      maxSteps: COMMAND_STEPS,
    })
  const model = llm?.model("fast", { caller, onUsage: (usage) => usages.push(usage) })
  if (!llm || !model) return fromLoop(await byCommand(), usages)
  // What people said while an earlier turn ran stands before its answer; it is this turn's, or a later one's.
  const past = transcript.latest(threadId, HISTORY).filter((it) => it.role === "assistant" || it.number < firstNumber)
  const messages = [...historyOf(past, llm.contextTokens("fast")), ...turnMessages(incomings, parts.artifacts)]
  try {
    const options = {
      ...common,
      model,
      instructions: instructionsFor(focus),
      messages,
      maxSteps: llm.limits.steps,
      patienceMs: llm.limits.toolS * 1000,
    }
    return fromLoop(await runLoop(options), usages)
  } catch (error) {
    // Only where the operator chose it, and only when the model said and did nothing.
    if (!llm.commandsLast || turn.signal.aborted || hasBegun) throw error
    const came = fromLoop(await byCommand(), [])
    const note = {
      kind: "note",
      tone: "warning",
      text: "No language model answered, so this was read in command mode.",
    } as const
    return { ...came, ending: { ...came.ending, notes: [note, ...came.ending.notes] } }
  }
}

const said = (incomings: readonly Incoming[]): string =>
  incomings
    .map((it) => it.text)
    .filter(Boolean)
    .join("\n")

/** Command mode does not open files: it names those it has no use for. */
function commandContent(incomings: readonly Incoming[], { artifacts }: AnsweringParts): UserContent {
  const files = fileNames(incomings, artifacts).map((filename) => ({
    type: "file" as const,
    filename,
    mediaType: "application/octet-stream",
    data: new Uint8Array(),
  }))
  return [{ type: "text", text: said(incomings) }, ...files]
}

function rulesModel(incomings: readonly Incoming[], { tools, focus, memory, caller }: RulesParts): LanguageModelV4 {
  const { asked } = memory
  return createRulesModel({
    tools,
    said: said(incomings),
    ...(focus ? { focus } : {}),
    ...(asked?.accountId === caller.accountId ? { asked: asked.question } : {}),
  })
}

interface RulesParts {
  tools: Parameters<typeof createRulesModel>[0]["tools"]
  focus: Focus | undefined
  memory: Memory
  caller: Caller
}

function fromLoop(looped: Looped, usages: readonly LlmUsage[]): Came {
  const { rules, outcomes, unconfirmed } = looped
  const asked = outcomes.findLast((it) => it.outcome === "asked")?.question
  const choices = rules?.choices ?? asked?.choices ?? []
  const provenance = provenanceOf(rules ? [] : usages)
  const note: Extract<Block, { kind: "note" }> = rules
    ? { kind: "note", tone: "info", text: rules.footer }
    : provenanceNote(provenance)
  const runaway = {
    kind: "note",
    tone: "warning",
    text: "The answer took too many steps and was ended. Ask for less at once.",
  } as const
  const text = rules?.question ?? asked?.text
  return {
    ending: {
      text: looped.text || outcomes.map((it) => it.say).join("\n"),
      outcomes,
      choices,
      confirm: unconfirmed.map(({ tool, call }) => ({ label: `Yes: ${tool.title}`, press: { kind: "confirm", call } })),
      notes: looped.isRunaway ? [runaway, note] : [note],
    },
    provenance,
    outcome: choices.length > 0 || unconfirmed.length > 0 || text !== undefined ? "asked" : "done",
    ...(text === undefined
      ? {}
      : { question: { text, choices: [...choices], ...(rules?.field === undefined ? {} : { field: rules.field }) } }),
  }
}

/** What all calls of a turn used together; nothing = command mode. */
function provenanceOf(usages: readonly LlmUsage[]): Provenance {
  const last = usages.at(-1)
  if (!last) return { by: COMMAND_MODE, cached: false, cost: null, tokens: null }
  const estimated = usages.some((it) => it.estimated)
  const microUsd = usages.reduce<number | null>(
    (sum, it) => (sum === null || it.microUsd === null ? null : sum + it.microUsd),
    0,
  )
  return {
    by: last.model,
    cached: usages.every((it) => it.cached),
    cost: microUsd === null ? null : { microUsd, estimated },
    tokens: {
      input: usages.reduce((sum, it) => sum + it.inputTokens, 0),
      output: usages.reduce((sum, it) => sum + it.outputTokens, 0),
      estimated,
    },
  }
}

/** What a button holds is the person's own wish: no model reads it again. */
async function pressed(
  parts: AnsweringParts,
  { turn, studio, memory }: { turn: Turn; studio: Studio; memory: Memory },
  press: Exclude<Press, { kind: "say" }>,
): Promise<Came> {
  if (press.kind === "decline") return plain("Nothing was done.", "done")
  const outcome = await carryOut(press.call, { registry: await parts.registry(), studio })
  const found = remembered(memory, outcome, studio.caller.accountId, parts.items)
  if (found) parts.live.tell(turn.threadId, { kind: "focus", ...found })
  const { question } = outcome
  return {
    ending: { text: outcome.say, outcomes: [outcome], choices: question?.choices ?? [], confirm: [], notes: [] },
    provenance: { by: COMMAND_MODE, cached: false, cost: null, tokens: null },
    outcome: studio.signal.aborted ? "stopped" : outcome.outcome,
    ...(question ? { question } : {}),
  }
}

function plain(text: string, outcome: EndKind): Came {
  const ending = { text, outcomes: [], choices: [], confirm: [], notes: [] }
  return { ending, provenance: { by: COMMAND_MODE, cached: false, cost: null, tokens: null }, outcome }
}
