import type { Outcome } from "#src/conversation/carry-out.ts"
import type { Provenance } from "#src/conversation/conversation.ts"
import type { Block, Doc, Press } from "#src/conversation/document.ts"
import type { TurnChoice } from "#src/conversation/result.ts"
import type { ArtifactRef, NextAction } from "#src/tool.ts"

export type AddButton = (label: string, press: Press) => string

const MAX_FILES = 12
const MAX_BUTTONS = 12

/** What a turn came to, before it is a document. */
export interface Ending {
  /** The words of the model or of command mode. */
  text: string
  outcomes: readonly Outcome[]
  choices: readonly TurnChoice[]
  /** Steps that were not taken without a yes. */
  confirm: readonly { label: string; press: Press }[]
  notes: readonly Extract<Block, { kind: "note" }>[]
}

/** The answer as a document: words, what there is to see, files, buttons, and how it came about. */
export function answerDoc(ending: Ending, addButton: AddButton): Doc {
  const done = ending.outcomes.filter((it) => it.outcome === "done")
  const files = unique(done.flatMap((it) => it.artifacts)).slice(0, MAX_FILES)
  const words = done.find((it) => typeof it.data["description"] === "string")?.data["description"]
  const alt = typeof words === "string" ? `Picture: ${words}` : "Picture of the result"
  return [
    ...(ending.text ? [{ kind: "text" as const, text: ending.text }] : []),
    ...files.filter((ref) => ref.use === "preview").map((artifact) => ({ kind: "picture" as const, artifact, alt })),
    ...files
      .filter((ref) => ref.use !== "preview")
      .map((artifact) => ({ kind: "file" as const, artifact, label: artifact.name })),
    ...done.flatMap(openJob),
    ...buttons(ending, done, addButton),
    ...ending.notes,
  ]
}

function openJob({ job, say }: Outcome): Block[] {
  if (job?.state !== "waiting" && job?.state !== "running") return []
  return [{ kind: "progress", jobId: job.id, title: say.split("\n")[0] ?? job.id, text: job.state }]
}

function buttons({ choices, confirm }: Ending, done: readonly Outcome[], addButton: AddButton): Block[] {
  const yes = confirm.flatMap(({ label, press }): Block[] => [
    { kind: "button", id: addButton(label, press), label, tone: "danger" },
    { kind: "button", id: addButton("No", { kind: "decline" }), label: "No", tone: "plain" },
  ])
  const answers = choices.map((choice): Block => {
    const press: Press =
      "say" in choice.does ? { kind: "say", text: choice.does.say } : { kind: "call", call: callIn(choice) }
    return {
      kind: "button",
      id: addButton(choice.label, press),
      label: choice.label,
      tone: "yes" in choice.does ? "yes" : "plain",
    }
  })
  const next = done.flatMap((it) => it.next).map((step) => nextButton(step, addButton))
  return [...yes, ...answers, ...next].slice(0, MAX_BUTTONS)
}

const callIn = ({ does }: TurnChoice) =>
  "call" in does ? does.call : "yes" in does ? does.yes : { tool: "", input: {} }

function nextButton({ label, tool, input }: NextAction, addButton: AddButton): Block {
  return { kind: "button", id: addButton(label, { kind: "call", call: { tool, input } }), label, tone: "plain" }
}

function unique(refs: readonly ArtifactRef[]): ArtifactRef[] {
  return [...new Map(refs.map((ref) => [ref.id, ref])).values()]
}

/** "qwen3, 1,204 tokens, about $0.003" — nothing is said of what is not known. */
export function provenanceNote({ by, cached, cost, tokens }: Provenance): Extract<Block, { kind: "note" }> {
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
