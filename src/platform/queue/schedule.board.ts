import { serversFor } from "#src/platform/queue/schedule.fit.ts"
import type { GpuServer } from "#src/platform/queue/schedule.fit.ts"
import type { ScheduleOptions, Start, WaitingJob } from "#src/platform/queue/schedule.ts"

const DELTA_S = 120
const SHARE_OF_SLOTS = 2 / 3

/** Who waits, who runs and what is free, as starts follow each other: within one decision, or in a forecast of many. */
export interface Board {
  places: Place[]
  /** Jobs that run on their server already. */
  pinned: { job: WaitingJob; place: Place }[]
  /** Rush, normal, background: the lines of those that can run somewhere. */
  classes: [rush: Line[], normal: Line[], background: Line[]]
  /** By account. */
  inFlight: Map<string, number>
  cap: number
  deltaS: number
}

/** A server with its free slots and the signatures in its memory, the one used last first. */
export interface Place {
  server: GpuServer
  free: number
  warm: string[]
}

/**
 * Jobs of one class that are alike for every server: same signature, needs and failures. Of those that may start, the
 * first is always the best; so a decision looks at the heads of a few dozen lines, however many wait in them.
 */
export interface Line {
  places: ReadonlySet<Place>
  /** By tag, then by arrival. */
  jobs: WaitingJob[]
}

export function createBoard(
  jobs: readonly WaitingJob[],
  servers: readonly GpuServer[],
  inFlight: ReadonlyMap<string, number>,
  { deltaS = DELTA_S, inFlightCap }: ScheduleOptions,
): Board {
  const slots = servers.reduce((sum, { open, slots }) => sum + (open ? slots : 0), 0)
  const board: Board = {
    places: servers.map((server) => ({ server, free: server.slots - server.inFlight, warm: [...server.warm] })),
    pinned: [],
    classes: [[], [], []],
    inFlight: new Map(inFlight),
    cap: Math.max(1, inFlightCap ?? Math.ceil(SHARE_OF_SLOTS * slots)),
    deltaS,
  }
  // Sorting what is sorted already, as a database gives it, costs one comparison a job.
  lineUp(board, [...jobs].sort(byTag), servers)
  return board
}

function lineUp(board: Board, jobs: readonly WaitingJob[], servers: readonly GpuServer[]): void {
  const placeOf = new Map(board.places.map((place) => [place.server, place]))
  const placesFor = (job: WaitingJob) => serversFor(job, servers).flatMap((server) => placeOf.get(server) ?? [])
  const lineOf = createSorter((job) => {
    const line: Line = { places: new Set(placesFor(job)), jobs: [] }
    if (line.places.size > 0) board.classes[job.urgency].push(line)
    return line
  })
  for (const job of jobs) {
    if (job.pinned === undefined) lineOf(job).jobs.push(job)
    else for (const place of placesFor(job)) board.pinned.push({ job, place })
  }
}

/** Finds the line of a job, or opens it. Maps of maps, because a joint key would be put together anew for every job. */
function createSorter(open: (job: WaitingJob) => Line): (job: WaitingJob) => Line {
  const texts = new Map<object, string>()
  const textOf = (value: object) => entry(texts, value, () => JSON.stringify(value))
  const classes = new Map<number, Map<string, Map<string, Map<string, Line>>>>()
  return (job) => {
    const signatures = entry(classes, job.urgency, () => new Map<string, Map<string, Map<string, Line>>>())
    const needs = entry(signatures, job.signature, () => new Map<string, Map<string, Line>>())
    const avoids = entry(needs, textOf(job.needs), () => new Map<string, Line>())
    return entry(avoids, hasFailed(job) ? textOf(job.avoid) : "", () => open(job))
  }
}

function hasFailed({ avoid }: WaitingJob): boolean {
  return Object.keys(avoid).length > 0
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = make()))
  return value
}

export function byTag(a: WaitingJob, b: WaitingJob): number {
  return a.tag - b.tag || a.seq - b.seq
}

/** Whether a job of the signature starts there without loading. */
export function isWarm(place: Place, signature: string): boolean {
  return signature === "" || place.warm.includes(signature)
}

/** The job leaves its line and takes the slot; from now on its models are in the server's memory. */
export function begin(board: Board, { job, line, place }: Start): void {
  if (line) line.jobs.splice(line.jobs.indexOf(job), 1)
  else board.pinned = board.pinned.filter((other) => other.job !== job)
  place.free--
  board.inFlight.set(job.accountId, (board.inFlight.get(job.accountId) ?? 0) + 1)
  if (job.signature === "") return
  // Only the server knows how much fits: as many as are there now is a fair guess.
  const others = place.warm.filter((signature) => signature !== job.signature)
  place.warm = [job.signature, ...others].slice(0, Math.max(1, place.warm.length))
}

/** A job of the account has ended there. */
export function finish(board: Board, place: Place, accountId: string): void {
  place.free++
  board.inFlight.set(accountId, Math.max(0, (board.inFlight.get(accountId) ?? 0) - 1))
}
