import { begin, byTag, createBoard, finish } from "#src/platform/queue/schedule.board.ts"
import type { Board, Place } from "#src/platform/queue/schedule.board.ts"
import { nextStart } from "#src/platform/queue/schedule.ts"
import type { ScheduleOptions, WaitingJob } from "#src/platform/queue/schedule.ts"
import type { GpuServer } from "#src/platform/queue/schedule.fit.ts"

/** What a waiting job may expect if nobody else comes. */
export interface Outlook {
  /** 1 = starts next. */
  position: number
  startsInS: number
  endsInS: number
}

export interface RunningJob {
  accountId: string
  serverId: string
  /** Expected; less than nothing when it is overdue. */
  secondsLeft: number
}

export interface OutlookOptions extends ScheduleOptions {
  /** Seconds to load the models of a signature. */
  loadS?: (signature: string) => number
}

/** Who is further behind is told what work ahead and slots say: by then it will have come differently anyway. */
const MAX_STARTS = 2_000

/**
 * Position and expected times of every waiting job by its id: the rule of `choose`, played forward with the estimates.
 * Jobs that no open server can run are missing; `blockedReason` says why.
 */
export function outlook(
  waiting: readonly WaitingJob[],
  servers: readonly GpuServer[],
  running: readonly RunningJob[],
  options: OutlookOptions = {},
): Map<string, Outlook> {
  const board = createBoard(waiting, servers, new Map(), options)
  const known = new Map<string, Outlook>()
  const ends = occupy(board, running)
  let now = 0
  while (known.size < MAX_STARTS) {
    for (let start = nextStart(board); start; start = nextStart(board)) {
      const { job, place, cold } = start
      begin(board, start)
      const at = now + (cold > 0 ? (options.loadS?.(job.signature) ?? 0) : 0) + job.seconds
      known.set(job.id, { position: known.size + 1, startsInS: now, endsInS: at })
      ends.push({ at, place, accountId: job.accountId })
    }
    const next = takeFirst(ends)
    if (!next) break
    now = Math.max(now, next.at)
    finish(board, next.place, next.accountId)
  }
  addRest(board, known, now)
  return known
}

interface End {
  at: number
  place: Place
  accountId: string
}

/** Slots are taken by what runs and nothing else. */
function occupy(board: Board, running: readonly RunningJob[]): End[] {
  for (const place of board.places) place.free = place.server.slots
  return running.flatMap(({ accountId, serverId, secondsLeft }) => {
    const place = board.places.find(({ server }) => server.id === serverId)
    if (!place) return []
    place.free--
    board.inFlight.set(accountId, (board.inFlight.get(accountId) ?? 0) + 1)
    return [{ at: secondsLeft, place, accountId }]
  })
}

function takeFirst(ends: End[]): End | undefined {
  if (ends.length === 0) return undefined
  const first = ends.reduce((first, end) => (end.at < first.at ? end : first))
  ends.splice(ends.indexOf(first), 1)
  return first
}

/** Those that were not played: in order of class and tag, by the work ahead of them. */
function addRest(board: Board, known: Map<string, Outlook>, now: number): void {
  const slots = board.places.reduce((sum, { server }) => sum + (server.open ? server.slots : 0), 0)
  let ahead = 0
  for (const lines of board.classes)
    for (const job of lines.flatMap((line) => line.jobs).sort(byTag)) {
      const startsInS = now + ahead / Math.max(1, slots)
      known.set(job.id, { position: known.size + 1, startsInS, endsInS: startsInS + job.seconds })
      ahead += job.seconds
    }
}
