/** What one message and one turn may come to. */
export interface Limits {
  /** Characters of a message. */
  text: number
  /** Files, and quotations of others, that come with one message. */
  attached: number
  /** Messages that wait for their turn in one thread. */
  waiting: number
  /** Model calls in a turn of command mode; models have their own limit in the settings. */
  steps: number
  /** The whole turn, jobs included. */
  turnMs: number
  /** How long a turn waits for its jobs before it answers without their results. */
  patienceMs: number
  /** Seconds of work, by the jobs' own estimates, that a turn may start without asking. */
  jobSeconds: number
  /** Tokens and micro-dollars that a turn may use. */
  tokens: number
  microUsd: number
  /** A turn whose process is not heard of for so long is given up. */
  leaseMs: number
  /** How often results of jobs that nobody waits for any more are looked for. */
  sweepMs: number
}

export const LIMITS: Limits = {
  text: 20_000,
  attached: 10,
  waiting: 50,
  steps: 12,
  turnMs: 15 * 60_000,
  patienceMs: 10 * 60_000,
  jobSeconds: 300,
  tokens: 400_000,
  microUsd: 1_000_000,
  leaseMs: 60_000,
  sweepMs: 1_000,
}
