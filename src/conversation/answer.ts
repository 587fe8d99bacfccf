import type { Outcome } from "#src/conversation/carry-out.ts"
import type { Provenance } from "#src/conversation/conversation.ts"
import type { Block, Doc, Press } from "#src/conversation/document.ts"
import type { Does, TurnQuestion } from "#src/conversation/result.ts"
import type { ArtifactRef, NextAction } from "#src/tool.ts"

export type Note = Extract<Block, { kind: "note" }>

/** Stores what a button does and gives its id. Buttons of one `question` settle it together. */
export type AddButton = (label: string, press: Press, question?: string) => string

const MAX_FILES = 12
const MAX_BUTTONS = 12

/** What a turn came to, before it is a document. */
export interface Ending {
  /** The words of the model or of command mode, as they were streamed. */
  text: string
  outcomes: readonly Outcome[]
  question?: TurnQuestion
  notes: readonly Note[]
}

export interface Answer {
  doc: Doc
  /** Buttons of the question's choices, in their order. */
  choices: string[]
}

/** The answer as a document: words, what there is to see, files, buttons, and how it came about. */
export function answerOf(
  { text, outcomes, question, notes }: Ending,
  { addButton, isDestroying }: { addButton: AddButton; isDestroying(tool: string): boolean },
): Answer {
  const done = outcomes.filter((it) => it.outcome === "done")
  const asked = question ? questionButtons(question, addButton, isDestroying) : []
  const next = question ? [] : nextButtons(done, addButton, isDestroying)
  const doc: Doc = [
    ...(text ? [{ kind: "text" as const, text }] : []),
    ...shown(done),
    ...done.flatMap(openJob),
    ...asked,
    ...next.slice(0, MAX_BUTTONS),
    ...notes,
  ]
  return { doc, choices: asked.slice(0, question?.choices.length).map((it) => it.id) }
}

/** Pictures and files of the last outcome about each thing: of five edits of one ring, the fifth is what it looks like. */
function shown(done: readonly Outcome[]): Block[] {
  const byThing = new Map<string, Outcome>()
  for (const [index, outcome] of done.entries())
    if (outcome.artifacts.length > 0) byThing.set(`${outcome.call?.tool} ${thingOf(outcome) ?? index}`, outcome)
  const seen = new Set<string>()
  const blocks = [...byThing.values()].flatMap((outcome) =>
    outcome.artifacts.flatMap((artifact) => {
      if (seen.has(artifact.id)) return []
      seen.add(artifact.id)
      return [blockOf(artifact, outcome)]
    }),
  )
  const pictures = blocks.filter((it) => it.kind === "picture")
  return [...pictures, ...blocks.filter((it) => it.kind !== "picture")].slice(0, MAX_FILES)
}

/** The id of what a call worked on: tools name it in a field of its kind. */
function thingOf({ data }: Outcome): string | undefined {
  return Object.values(data).find((value): value is string => typeof value === "string" && value.startsWith("itm_"))
}

function blockOf(artifact: ArtifactRef, { data, say }: Outcome): Block {
  if (artifact.use !== "preview") return { kind: "file", artifact, label: artifact.name }
  const words = typeof data["description"] === "string" ? data["description"] : (say.split("\n")[0] ?? artifact.name)
  return { kind: "picture", artifact, alt: `Picture: ${words}` }
}

function openJob({ job, say }: Outcome): Block[] {
  if (job?.state !== "waiting" && job?.state !== "running") return []
  return [{ kind: "progress", jobId: job.id, title: say.split("\n")[0] ?? job.id, text: job.state }]
}

type Button = Extract<Block, { kind: "button" }>

function questionButtons(
  question: TurnQuestion,
  addButton: AddButton,
  isDestroying: (tool: string) => boolean,
): Button[] {
  const { choices } = question
  if (choices.length === 0) return []
  const group = crypto.randomUUID()
  const answers = choices.slice(0, MAX_BUTTONS).map(({ label, does }): Button => {
    const tone = "yes" in does ? (isDestroying(does.yes.tool) ? "danger" : "yes") : "plain"
    return { kind: "button", id: addButton(label, pressOf(does), group), label, tone }
  })
  if (!choices.some(({ does }) => "yes" in does)) return answers
  return [...answers, { kind: "button", id: addButton("No", { kind: "decline" }, group), label: "No", tone: "plain" }]
}

function pressOf(does: Does): Press {
  if ("say" in does) return { kind: "say", text: does.say }
  return "yes" in does ? { kind: "confirm", call: does.yes } : { kind: "call", call: does.call }
}

/** A step that a tool offers by a label of its own: pressing "Cancel" is the yes to cancelling. */
function nextButtons(
  done: readonly Outcome[],
  addButton: AddButton,
  isDestroying: (tool: string) => boolean,
): Button[] {
  const steps = new Map<string, NextAction>()
  for (const step of done.flatMap((it) => it.next)) steps.set(step.label, step)
  return [...steps.values()].map(({ label, tool, input }) => {
    const isDanger = isDestroying(tool)
    const press: Press = { kind: isDanger ? "confirm" : "call", call: { tool, input } }
    return { kind: "button", id: addButton(label, press), label, tone: isDanger ? "danger" : "plain" }
  })
}

/** "Answered by local/qwen3, 1,204 tokens, about $0.003." Nothing is said of what is not known. */
export function provenanceNote({ by, cached, cost, tokens }: Provenance): Note {
  const parts = [
    by,
    ...(cached ? ["from the cache"] : []),
    ...(tokens
      ? [`${tokens.estimated ? "about " : ""}${(tokens.input + tokens.output).toLocaleString("en")} tokens`]
      : []),
    ...(cost ? [`${cost.estimated ? "about " : ""}$${(cost.microUsd / 1e6).toFixed(4)}`] : []),
  ]
  return { kind: "note", tone: "info", text: `Answered by ${parts.join(", ")}.` }
}
