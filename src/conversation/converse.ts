import type { UserContent } from "ai"
import { provenanceNote, type Ending, type Note } from "#src/conversation/answer.ts"
import type { Outcome } from "#src/conversation/carry-out.ts"
import type { Incoming, Provenance, TurnEnd } from "#src/conversation/conversation.ts"
import { focusOf } from "#src/conversation/focus.ts"
import { filesOf, historyOf, turnMessage, withTurn } from "#src/conversation/history.ts"
import type { Instructions } from "#src/conversation/instructions.ts"
import type { Limits } from "#src/conversation/limits.ts"
import { runLoop, type End, type Looped } from "#src/conversation/loop.ts"
import type { Kept } from "#src/conversation/messages.ts"
import type { ConversationParts } from "#src/conversation/parts.ts"
import { pictureParts, picturesOf } from "#src/conversation/pictures.ts"
import { byCommand, provenanceOf } from "#src/conversation/provenance.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import { createRulesModel } from "#src/conversation/rules/provider.ts"
import type { Memory } from "#src/conversation/threads.ts"
import type { Hands } from "#src/conversation/toolset.ts"
import type { Writer } from "#src/conversation/writer.ts"
import { explain, type Explanation } from "#src/errors.ts"
import { llmError } from "#src/platform/llm/failure.ts"
import type { LlmUsage } from "#src/platform/llm/llm.ts"

/** What came of a turn, before it is written down. */
export interface Came extends Omit<Ending, "text">, Pick<TurnEnd, "provenance" | "outcome" | "readBy" | "error"> {
  /** Words, and names of files, that nothing used. */
  unused: readonly string[]
}

export interface Reading {
  parts: ConversationParts
  limits: Limits
  instructions: Instructions
  incomings: readonly Incoming[]
  /** What was said before, read only when a model has to be told. */
  past(): Kept[]
  memory: Memory
  hands: Hands
  writer: Writer
}

/** What people said, answered by a model or in command mode through the same loop. */
export async function converse(reading: Reading): Promise<Came> {
  const { parts, hands } = reading
  const { llm } = parts
  const { caller } = hands.studio
  const usages: LlmUsage[] = []
  const focus = await focusOf(reading.memory, caller.accountId, parts)
  const model = llm?.model("fast", { caller, onUsage: (usage) => usages.push(usage) })
  if (!llm || !model) return came(reading, await byRules(reading, focus), byCommand, false)
  const seen = llm.sees?.("fast") ? await picturesOf(reading.incomings, parts, hands.studio.signal) : []
  const { messages, earlier } = historyOf(reading.past(), llm.contextTokens("fast"))
  const looped = await runLoop({
    model,
    isModel: true,
    instructions: await reading.instructions({ focus, calls: reading.memory.calls ?? [], earlier }),
    messages: withTurn(messages, turnMessage(reading.incomings, parts.artifacts, pictureParts(seen))),
    hands: { ...hands, toolMs: llm.limits.toolS * 1000 },
    writer: reading.writer,
    maxSteps: llm.limits.steps,
    maxTokens: reading.limits.tokens,
    isSpent: () => usages.reduce((sum, it) => sum + (it.microUsd ?? 0), 0) > reading.limits.microUsd,
    turnMs: reading.limits.turnMs,
  })
  // Only where the operator chose it, and only when the model has said and done nothing.
  if (looped.end === "failed" && llm.commandsLast && isUntouched(looped, reading.writer)) {
    const { problem } = explain(llmError(looped.error))
    const note: Note = {
      kind: "note",
      tone: "warning",
      text: `No language model answered (${problem}), so this was read in command mode.`,
    }
    const instead = came(reading, await byRules(reading, focus), byCommand, false)
    return { ...instead, notes: [note, ...instead.notes] }
  }
  // A model that answered without seeing was told the names only.
  const shown = usages.some((it) => it.sees) ? seen.map((it) => it.artifact.id) : []
  return came(reading, looped, provenanceOf(usages, model.modelId), true, shown)
}

const isUntouched = ({ outcomes, question }: Looped, { text }: Writer) =>
  outcomes.length === 0 && question === undefined && text === ""

const said = (incomings: readonly Incoming[]): string =>
  incomings
    .map((it) => it.text)
    .filter(Boolean)
    .join("\n")

function byRules({ incomings, parts, hands, writer, limits }: Reading, focus: Focus | undefined): Promise<Looped> {
  // Command mode does not open files: it names those it has no use for. What others said, it does not read at all.
  const files = filesOf(
    incomings.flatMap((it) => it.files ?? []),
    parts.artifacts,
  ).map(({ name }) => ({
    type: "file" as const,
    filename: name,
    mediaType: "application/octet-stream",
    data: new Uint8Array(),
  }))
  const content: UserContent = [{ type: "text", text: said(incomings) }, ...files]
  return runLoop({
    model: createRulesModel({ tools: hands.tools, said: said(incomings), ...(focus ? { focus } : {}) }),
    isModel: false,
    instructions: "",
    messages: [{ role: "user", content }],
    hands,
    writer,
    maxSteps: limits.steps,
    maxTokens: limits.tokens,
    isSpent: () => false,
    turnMs: limits.turnMs,
  })
}

/** What a person is told of a loop that did not end by itself. */
const ENDS: Partial<Record<End, string>> = {
  steps: "The answer took too many steps and was ended. Ask for less at once.",
  tokens: "The answer used more text than one answer may and was ended. Ask for less at once.",
  spend: "The answer cost more than one answer may and was ended. Ask for less at once.",
  time: "The answer took too long and was ended. Ask for less at once; jobs that were accepted go on and are told here.",
  length: "The answer was cut off at its longest allowed length.",
  withheld: "The model withheld its answer.",
}

function came(
  reading: Reading,
  looped: Looped,
  provenance: Provenance,
  isModel: boolean,
  shown: readonly string[] = [],
): Came {
  const { writer, parts } = reading
  const { end, outcomes, rules, left } = looped
  const question = questionOf(looped)
  if (looped.question) sayOpen(looped, writer)
  const notes: Note[] = []
  const tell = (tone: Note["tone"], text: string) => notes.push({ kind: "note", tone, text })
  const error = end === "failed" ? failureOf(looped.error, writer.text !== "" || outcomes.length > 0, parts) : undefined
  if (error) tell("error", `${error.problem} ${error.hint}`.trim())
  const why = ENDS[end]
  if (why !== undefined) tell("warning", why)
  if (left.length > 0) tell("warning", `Not done before this is settled: ${left.map((it) => it.title).join(", ")}.`)
  if (end === "done" && writer.text === "") sayWhatCame(looped, writer, tell)
  const unopened = isModel ? unopenedFiles(reading, outcomes, shown) : []
  if (unopened.length > 0 && end !== "failed" && end !== "stopped")
    tell("warning", `Not opened: ${unopened.join(", ")}.`)
  if (rules) tell("info", rules.footer)
  else if (end !== "stopped") notes.push(provenanceNote(provenance))
  return {
    outcomes,
    notes,
    provenance,
    outcome: kindOf(looped, question),
    readBy: isModel ? "model" : "commands",
    unused: isModel ? unopened.map((name) => `file ${name}`) : (rules?.unused ?? []),
    ...(question ? { question } : {}),
    ...(error ? { error } : {}),
  }
}

/** A model is told the names of files only: what it was not shown and no call was given, nobody has looked into. */
function unopenedFiles(
  { incomings, parts }: Reading,
  outcomes: readonly Outcome[],
  shown: readonly string[],
): string[] {
  const given = JSON.stringify(outcomes.map((it) => it.call?.input))
  const ids = incomings.flatMap((it) => it.files ?? [])
  return filesOf(ids, parts.artifacts)
    .filter(({ id }) => !given.includes(id) && !shown.includes(id))
    .map(({ name }) => name)
}

function kindOf({ end, outcomes }: Looped, question: Came["question"]): Came["outcome"] {
  if (end === "stopped") return "stopped"
  if (question) return "asked"
  if (end === "failed" || end === "withheld") return "failed"
  // What command mode or a model could not do at all is a failure, whatever was said about it.
  return outcomes.length > 0 && outcomes.every((it) => it.outcome === "failed") ? "failed" : "done"
}

function questionOf({ question, rules }: Looped): Came["question"] {
  if (question) return question
  if (rules?.question === undefined) return undefined
  return {
    text: rules.question,
    choices: rules.choices ?? [],
    ...(rules.field === undefined ? {} : { field: rules.field }),
  }
}

/** What was done before the question, where nobody has said it yet, and the question itself. */
function sayOpen({ outcomes, question, rules }: Looped, writer: Writer): void {
  const done = outcomes.filter((it) => it.outcome !== "asked").map((it) => it.say)
  const isSaid = writer.text !== "" || (!rules && outcomes.length === 0)
  for (const text of [...(isSaid ? [] : done), question?.text ?? ""]) {
    writer.paragraph()
    writer.write(text)
  }
  writer.flush()
}

/** A model that only called tools leaves the words to them. */
function sayWhatCame({ outcomes }: Looped, writer: Writer, tell: (tone: Note["tone"], text: string) => void): void {
  if (outcomes.length === 0) tell("warning", "The model gave no answer. Say it again, perhaps in other words.")
  for (const { say } of outcomes) {
    writer.paragraph()
    writer.write(say)
  }
  writer.flush()
}

function failureOf(error: unknown, isBroken: boolean, { log }: ConversationParts): Explanation {
  const reference = crypto.randomUUID().slice(0, 8)
  const known = llmError(error)
  const { code, problem, hint } = explain(known, reference)
  if (code === "internal") log.error({ err: known, reference }, "a turn broke")
  return { code, problem: `${isBroken ? "The answer broke off. " : ""}${problem}`, hint }
}
