/** What went wrong, in a form every surface can tell a person. Anything thrown that is not one of these is a bug. */
export type ErrorCode =
  | "bad_input" // the request cannot be understood or is out of range
  | "not_found" // no such thing, or not visible to this person
  | "forbidden" // known person, not allowed
  | "unauthorized" // no or wrong key
  | "quota" // allowance used up
  | "conflict" // somebody else changed it meanwhile, or the state does not allow it
  | "too_large" // over a stated limit
  | "cancelled" // stopped on request
  | "storage_full" // disk or database cannot take more
  | "backend" // a back end failed
  | "internal" // our bug

/** A person can fix this. `problem` says what is wrong (with the number), `hint` what is allowed and what to do. */
export class UserError extends Error {
  readonly problem: string
  readonly hint: string
  readonly code: ErrorCode
  constructor(problem: string, hint: string, code: ErrorCode = "bad_input") {
    super(`${problem} ${hint}`.trim())
    this.name = "UserError"
    this.problem = problem
    this.hint = hint
    this.code = code
  }
}

export interface Choice {
  value: string
  label: string
}

/** The request is fine but ambiguous: a surface asks `question` and calls again with `field` (dotted path into the tool input) set. */
export class Question extends Error {
  readonly question: string
  readonly field: string
  readonly choices: readonly Choice[]
  constructor(question: string, field: string, choices: readonly Choice[]) {
    super(question)
    this.name = "Question"
    this.question = question
    this.field = field
    this.choices = choices
  }
}

/** Whether and where the same work may be tried again: input = never, capacity = elsewhere, transient = later, fatal = never. */
export type RetryClass = "input" | "capacity" | "transient" | "fatal"

/** A back end (worker, renderer, remote server) failed; `retry` tells the queue what to do with the attempt. */
export class BackendError extends Error {
  readonly backend: string
  readonly problem: string
  readonly retry: RetryClass
  /** The work may still be going on there, only nobody can see it now: whoever tries again looks for it first. */
  readonly goesOn: boolean
  constructor(backend: string, problem: string, retry: RetryClass, options: ErrorOptions & { goesOn?: boolean } = {}) {
    super(`${backend}: ${problem}`, options)
    this.goesOn = options.goesOn ?? false
    this.name = "BackendError"
    this.backend = backend
    this.problem = problem
    this.retry = retry
  }
}

export interface Explanation {
  code: ErrorCode
  problem: string
  hint: string
}

/** The one place where an error becomes words. Unknown errors are named by `reference` only: details go to the log. */
export function explain(error: unknown, reference = ""): Explanation {
  if (error instanceof UserError) return { code: error.code, problem: error.problem, hint: error.hint }
  if (error instanceof Question) {
    const choices = error.choices.map((choice) => `${choice.value} (${choice.label})`).join(", ")
    return { code: "bad_input", problem: error.question, hint: `Set ${error.field} to one of: ${choices}.` }
  }
  if (error instanceof BackendError) {
    const again = error.retry === "transient" || error.retry === "capacity"
    return {
      code: "backend",
      problem: `${error.backend} failed: ${error.problem}`,
      hint: again
        ? "Nothing was charged. Try again in a moment."
        : "Nothing was charged. Change the request or tell the operator.",
    }
  }
  if (error instanceof Error && error.name === "AbortError")
    return { code: "cancelled", problem: "The work was stopped.", hint: "Nothing was charged for what did not run." }
  return {
    code: "internal",
    problem: "Something in the studio broke while doing this.",
    hint: `Nothing was charged. Please report it${reference ? ` with the reference ${reference}` : ""}.`,
  }
}
