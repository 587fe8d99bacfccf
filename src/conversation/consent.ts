import type { Call, TurnQuestion } from "#src/conversation/result.ts"
import { UserError } from "#src/errors.ts"
import type { JobContract } from "#src/job.ts"
import type { Studio } from "#src/studio.ts"
import type { Tool } from "#src/tool.ts"

const MAX_SHOWN = 300

/** Why a call has to wait for a yes. */
export type Reason = { kind: "destroys" } | { kind: "costs"; seconds: number }

/** What a turn may start without asking, and what it has started. */
export interface Allowance {
  /** Seconds of work, by the jobs' own estimates; Infinity where the person has agreed. */
  seconds: number
  /** Set when a call would have gone beyond it. */
  refused?: { seconds: number }
}

/**
 * The same studio, where jobs beyond the allowance are refused before anything is accepted. A tool stores things and submits
 * their job in one transaction, so nothing is left of a call that was refused.
 */
export function withAllowance(studio: Studio, allowance: Allowance, accepted: (jobId: string) => void): Studio {
  const { jobs } = studio
  const submit: Studio["jobs"]["submit"] = (contract, payload, options) => {
    // A tool may come to this after the turn was stopped; its work would begin unseen.
    studio.signal.throwIfAborted()
    // The parsed payload is what `estimate` takes; the queue parses it again.
    const { seconds } = (contract as unknown as JobContract).estimate(contract.payload.parse(payload))
    if (seconds > allowance.seconds) {
      allowance.refused = { seconds }
      throw new UserError(`This would take about ${Math.round(seconds)} s of work.`, "It needs a yes.", "forbidden")
    }
    allowance.seconds -= seconds
    const view = jobs.submit(contract, payload, options)
    if (view.state === "waiting" || view.state === "running") accepted(view.id)
    return view
  }
  return { ...studio, jobs: { ...jobs, submit } }
}

/** Puts a call to the person. Only their own press or yes carries it out; no text of a model does. */
export function consentTo(tool: Tool, call: Call, reason: Reason): TurnQuestion {
  const why =
    reason.kind === "destroys" ? "It cannot be undone." : `It takes about ${Math.round(reason.seconds)} s of work.`
  return {
    text: `${tool.title}${inWords(call.input)}? ${why}`,
    choices: [{ value: "yes", label: `Yes: ${tool.title}`, does: { yes: call } }],
  }
}

function inWords(input: Call["input"]): string {
  const parts = Object.entries(input).map(([key, value]) => `${key.replaceAll("_", " ")} ${shown(value)}`)
  const text = parts.join(", ").replace(/\s+/g, " ")
  if (text === "") return ""
  return ` (${text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN).toWellFormed()}…` : text})`
}

const shown = (value: unknown) =>
  typeof value === "string" ? value.replaceAll("_", " ") : (JSON.stringify(value) ?? "")
