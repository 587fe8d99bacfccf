import { serversFor } from "#src/platform/queue/schedule.fit.ts"
import type { GpuServer } from "#src/platform/queue/schedule.fit.ts"
import type { ScheduleOptions, Start, WaitingJob } from "#src/platform/queue/schedule.ts"

/** The state of one decision as it goes on; also that of a simulation of many. */
export interface Board {
  places: Place[]
  /** Jobs that run on their server already and only have to be taken up again. */
  pinned: { job: WaitingJob; place: Place }[]
  /** Rush, normal, background: in each the lines of jobs that can run somewhere. */
  classes: Line[][]
  /** Jobs in flight by account. */
  inFlight: Map<string, number>
  cap: number
  deltaS: number
}

/** An open server, its free slots and what is in its memory. */
export interface Place {
  server: GpuServer
  free: number
  warm: string[]
}

/**
 * Jobs of one class that are alike to every server: same models, same needs. Of those that may start, the first by tag is
 * always the best, so a decision looks at the heads of a few dozen lines, however long they are.
 */
export interface Line {
  signature: string
  places: ReadonlySet<Place>
  /** By tag, then by arrival. */
  jobs: WaitingJob[]
}

export function createBoard(
  jobs: readonly WaitingJob[],
  servers: readonly GpuServer[],
  inFlight: ReadonlyMap<string, number>,
  { deltaS = 120, inFlightCap }: ScheduleOptions,
): Board {
  const places = servers.map((server) => ({
    server,
    free: server.slots - server.inFlight,
    warm: [...server.warm],
  }))
  const slots = servers.reduce((sum, { open, slots }) => sum + (open ? slots : 0), 0)
  const board: Board = {
    places,
    pinned: [],
    classes: [[], [], []],
    inFlight: new Map(inFlight),
    cap: Math.max(1, inFlightCap ?? Math.ceil((2 * slots) / 3)),
    deltaS,
  }
  lineUp(board, jobs)
  return board
}

function lineUp(board: Board, jobs: readonly WaitingJob[]): void {
  const placesFor = (job: WaitingJob) => {
    const ids = new Set(serversFor(job, board.places.map((place) => place.server)).map((server) => server.id))
    return board.places.filter((place) => ids.has(place.server.id))
  }
  const openLine = (job: WaitingJob): Line => {
    const line = { signature: job.signature, places: new Set(placesFor(job)), jobs: [] }
    if (line.places.size > 0) board.classes[job.urgency]?.push(line)
    return line
  }
  const lines = [0, 1, 2].map(() => new Map<string, Map<object, Line>>())
  // Sorting what is sorted already costs one comparison a job.
  for (const job of [...jobs].sort(byTag)) {
    if (job.pinned !== undefined) for (const place of placesFor(job)) board.pinned.push({ job, place })
    else if (Object.keys(job.avoid).length > 0) openLine(job).jobs.push(job)
    else lineOf(lines[job.urgency], job, openLine).jobs.push(job)
  }
}

function lineOf(lines: Map<string, Map<object, Line>> | undefined, job: WaitingJob, open: (job: WaitingJob) => Line) {
  let alike = lines?.get(job.signature)
  if (!alike) lines?.set(job.signature, (alike = new Map()))
  let line = alike.get(job.needs)
  if (!line) alike.set(job.needs, (line = open(job)))
  return line
}

const byTag = (a: WaitingJob, b: WaitingJob) => a.tag - b.tag || a.seq - b.seq

/** Takes the job out of its line and gives it the slot; its models will be in the server's memory. */
export function begin(board: Board, { job, place, line }: Start): void {
  if (line) line.jobs.splice(line.jobs.indexOf(job), 1)
  else board.pinned = board.pinned.filter((waiting) => waiting.job !== job)
  place.free--
  board.inFlight.set(job.accountId, (board.inFlight.get(job.accountId) ?? 0) + 1)
  // How much fits is the server's secret: what is there now, stays the number of models that fit.
  const others = place.warm.filter((signature) => signature !== job.signature)
  place.warm = [job.signature, ...others].slice(0, Math.max(1, place.warm.length))
}

export function finish(board: Board, { job, place }: Pick<Start, "place"> & { job: { accountId: string } }): void {
  place.free++
  board.inFlight.set(job.accountId, Math.max(0, (board.inFlight.get(job.accountId) ?? 0) - 1))
}
