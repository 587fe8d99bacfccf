import { begin, createBoard, isWarm } from "#src/platform/queue/schedule.board.ts"
import type { Board, Line, Place } from "#src/platform/queue/schedule.board.ts"
import type { Avoid, GpuServer, Needs } from "#src/platform/queue/schedule.fit.ts"

/*
 * Which waiting job starts on which GPU server. Jobs wait in the backlog, never at a server; whenever slots are free, the
 * next starts are chosen, one after the other, by this rule:
 *
 *  1. Class:    rush before normal before background.
 *  2. Cap:      an account with its share of slots in flight lets the others of its class go first.
 *  3. Fit:      only servers that can run the job (schedule.fit.ts).
 *  4. Fairness: of what a server can run, the smallest fair tag goes first …
 *  5. Affinity: … but up to δ behind it, a job whose models are in the server's memory is preferred; where there is none,
 *               one whose models are in the memory of the fewest servers, so that the others are left to those.
 *  6. Place:    all free servers are looked at together: a warm start anywhere comes before a cold one.
 *
 * What that promises: while a job waits, no job of its class whose tag is larger by more than δ starts on a server that
 * could have run it, unless its own account is at the cap. The tags of an account grow with each of its jobs, so within an
 * account and class the order is that of arrival, except where (5) lets a job pass others that are less than δ seconds of
 * the account's own work older, or where an older one does not fit.
 *
 * Pure and deterministic: no database, no clock, no chance.
 */

/** A waiting job, as far as the choice goes. Jobs with the same needs should share one `needs` object: it is faster. */
export interface WaitingJob {
  id: string
  accountId: string
  /** Rush, normal, background. */
  urgency: 0 | 1 | 2
  /** Start-time fair queueing, in seconds of work: see `Assignment.clock`. */
  tag: number
  /** Order of arrival. */
  seq: number
  /** The models that it loads: jobs of one signature follow each other without loading. "" = none, at home everywhere. */
  signature: string
  /** Expected running time, without loading. */
  seconds: number
  needs: Needs
  avoid: Avoid
  /** The server on which it runs already: it is taken up again there, before anything else, or nowhere. */
  pinned?: string
}

export interface ScheduleOptions {
  /** How many seconds of work fairness may give way to affinity; about six times what loading takes. */
  deltaS?: number
  /** Jobs of one account in flight while others of its class wait; two thirds of the slots when not given. */
  inFlightCap?: number
}

export interface Assignment {
  jobId: string
  serverId: string
  /**
   * The fair clock V of the job's class is raised to this, if it is smaller. A new job gets tag = max(V, last finish of
   * its account in that class), and its account's last finish becomes tag + seconds. V is never beyond a tag that still
   * waits and could run: else a job that starts out of turn (on a server that only it can use) would put back all newcomers.
   */
  clock: number
}

/**
 * Fills the free slots. `jobs` is the backlog in any order; of each account, class, signature and needs the first as many
 * as slots are free are enough, and all with `avoid` or `pinned`. `inFlight` counts jobs by account.
 */
export function choose(
  jobs: readonly WaitingJob[],
  servers: readonly GpuServer[],
  inFlight: ReadonlyMap<string, number>,
  options: ScheduleOptions = {},
): Assignment[] {
  const board = createBoard(jobs, servers, inFlight, options)
  const chosen: Assignment[] = []
  for (let start = nextStart(board); start; start = nextStart(board)) {
    begin(board, start)
    const { job, place } = start
    chosen.push({ jobId: job.id, serverId: place.server.id, clock: Math.min(job.tag, ...waitingTags(board, job)) })
  }
  return chosen
}

/** A job, the slot that it gets, and how little that suits it. */
export interface Start {
  job: WaitingJob
  /** Absent for a job that is taken up again. */
  line?: Line
  place: Place
  /** 0 = its models are in memory here; else 1 + the number of servers that have them. */
  cold: number
}

/** The one best start now; undefined when no free slot can be filled. */
export function nextStart(board: Board): Start | undefined {
  const again = board.pinned.find(({ place }) => place.free > 0)
  if (again) return { ...again, cold: 0 }
  const free = board.places.filter((place) => place.free > 0)
  if (free.length === 0) return undefined
  const belowCap = (accountId: string) => (board.inFlight.get(accountId) ?? 0) < board.cap
  for (const lines of board.classes) {
    const start = bestStart(board, free, headsOf(lines, belowCap)) ?? bestStart(board, free, headsOf(lines, anybody))
    if (start) return start
  }
  return undefined
}

const anybody = () => true

interface Head {
  job: WaitingJob
  line: Line
}

/** The first of each line whose account may start. */
function headsOf(lines: Line[], mayStart: (accountId: string) => boolean): Head[] {
  const heads: Head[] = []
  for (const line of lines) {
    const job = line.jobs.find(({ accountId }) => mayStart(accountId))
    if (job) heads.push({ job, line })
  }
  return heads
}

function bestStart(board: Board, free: Place[], heads: Head[]): Start | undefined {
  const warm = countWarm(board)
  let best: Start | undefined
  for (const place of free) best = better(best, bestFor(place, heads, board.deltaS, warm))
  return best
}

/** Fairness, bounded by δ, then affinity. */
function bestFor(place: Place, heads: Head[], deltaS: number, warm: Map<string, number>): Start | undefined {
  const fitting = heads.filter(({ line }) => line.places.has(place))
  const latest = fitting.reduce((smallest, { job }) => Math.min(smallest, job.tag), Infinity) + deltaS
  let best: Start | undefined
  for (const { job, line } of fitting) {
    if (job.tag > latest) continue
    const cold = isWarm(place, job.signature) ? 0 : 1 + (warm.get(job.signature) ?? 0)
    best = better(best, { job, line, place, cold })
  }
  return best
}

/** How many open servers have the models of a signature in memory. */
function countWarm(board: Board): Map<string, number> {
  const count = new Map<string, number>()
  for (const { server, warm } of board.places)
    if (server.open) for (const signature of warm) count.set(signature, (count.get(signature) ?? 0) + 1)
  return count
}

function better(a: Start | undefined, b: Start | undefined): Start | undefined {
  if (!a || !b) return a ?? b
  const order = a.cold - b.cold || a.job.tag - b.job.tag || a.job.seq - b.job.seq || byPlace(a.place, b.place)
  return order <= 0 ? a : b
}

/** The same job on either: the idler server, then the smaller one, then the one with less to push out of its memory. */
function byPlace(a: Place, b: Place): number {
  const size = ({ server }: Place) => server.vramMb ?? Number.MAX_SAFE_INTEGER
  return b.free / b.server.slots - a.free / a.server.slots || size(a) - size(b) || a.warm.length - b.warm.length
}

/** The smallest tags that still wait in the job's class and could run somewhere. */
function waitingTags(board: Board, { urgency }: WaitingJob): number[] {
  return board.classes[urgency].flatMap(({ jobs }) => jobs[0]?.tag ?? [])
}
