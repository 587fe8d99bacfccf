import { begin, createBoard } from "#src/platform/queue/schedule.board.ts"
import type { Board, Line, Place } from "#src/platform/queue/schedule.board.ts"
import type { Avoid, GpuServer, Needs } from "#src/platform/queue/schedule.fit.ts"

export interface WaitingJob {
  id: string
  accountId: string
  /** Rush, normal, background. */
  urgency: 0 | 1 | 2
  tag: number
  seq: number
  signature: string
  seconds: number
  needs: Needs
  avoid: Avoid
  pinned?: string
}

export interface ScheduleOptions {
  deltaS?: number
  inFlightCap?: number
}

export interface Assignment {
  jobId: string
  serverId: string
}

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
    chosen.push({ jobId: start.job.id, serverId: start.place.server.id })
  }
  return chosen
}

export interface Start {
  job: WaitingJob
  place: Place
  line?: Line
  cold?: number
}

export function nextStart(board: Board): Start | undefined {
  const back = board.pinned.find(({ place }) => place.free > 0)
  if (back) return back
  const belowCap = (account: string) => (board.inFlight.get(account) ?? 0) < board.cap
  for (const lines of board.classes) {
    const start = bestStart(board, lines, belowCap) ?? bestStart(board, lines, () => true)
    if (start) return start
  }
  return undefined
}

interface Head {
  job: WaitingJob
  line: Line
  warmOn: number
}

function bestStart(board: Board, lines: Line[], mayStart: (account: string) => boolean): Start | undefined {
  const free = board.places.filter((place) => place.free > 0)
  if (free.length === 0) return undefined
  const heads = lines.flatMap((line): Head[] => {
    const job = line.jobs.find((job) => mayStart(job.accountId))
    return job ? [{ job, line, warmOn: board.places.filter(p => p.server.open && p.warm.includes(line.signature)).length }] : []
  })
  let best: Start | undefined
  for (const place of free) {
    const start = bestFor(place, heads, board.deltaS)
    if (start && (!best || compare(start, best) < 0)) best = start
  }
  return best
}

function bestFor(place: Place, heads: Head[], deltaS: number): Start | undefined {
  const able = heads.filter(({ line }) => line.places.has(place))
  const until = Math.min(...able.map(({ job }) => job.tag)) + deltaS
  let best: Start | undefined
  for (const { job, line, warmOn } of able) {
    if (job.tag > until) continue
    const start = { job, line, place, cold: place.warm.includes(line.signature) ? 0 : 1 + warmOn }
    if (!best || compare(start, best) < 0) best = start
  }
  return best
}

function compare(a: Start, b: Start): number {
  return (a.cold ?? 0) - (b.cold ?? 0) || a.job.tag - b.job.tag || a.job.seq - b.job.seq
}
