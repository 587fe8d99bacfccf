import { z } from "zod"
import { failureSchema } from "#src/platform/queue/failure.ts"
import type { LaneEntry, LaneOffer, LaneView } from "#src/platform/queue/lane.ts"

/** What BullMQ keeps as the data of a job. */
export const offerData = z.object({ payload: z.unknown(), handle: z.unknown().optional() })
export type OfferData = z.infer<typeof offerData>

const HAS_HANDLE = "+"
/** Between job and attempt; BullMQ forbids the colon. */
const SEPARATOR = "~"

/** Where the keys of a studio are. `lane(…)` is the prefix that BullMQ puts before those of a queue. */
export interface Keys {
  prefix: string
  /** Which studio works with this prefix. */
  owner: string
  /** Where that studio can be reached. */
  address: string
  /** The lanes there are. */
  lanes: string
  /** Channels. */
  hints: string
  cancels: string
  cancel(jobId: string): string
  lane(name: string): string
  workers(lane: string): string
  entry(lane: string, id: string): string
}

export function keysOf(prefix: string): Keys {
  const lane = (name: string) => `${prefix}:${name}:`
  return {
    prefix,
    owner: `${prefix}:owner`,
    address: `${prefix}:address`,
    lanes: `${prefix}:lanes`,
    hints: `${prefix}:hints`,
    cancels: `${prefix}:cancels`,
    cancel: (jobId) => `${prefix}:cancel:${jobId}`,
    lane,
    workers: (name) => `${lane(name)}workers`,
    entry: (name, id) => lane(name) + id,
  }
}

export function entryId(jobId: string, attempt: number): string {
  return `${jobId}${SEPARATOR}${attempt}`
}

/** Undefined for what is none of ours. */
export function parseEntryId(id: string): { jobId: string; attempt: number } | undefined {
  const [, jobId, attempt] = /^(.+)~(\d{1,9})$/.exec(id) ?? []
  return jobId === undefined ? undefined : { jobId, attempt: Number(attempt) }
}

/** The name of the BullMQ job: what `inspect` needs to know without reading the payload. */
export function entryName({ token, handle }: LaneOffer): string {
  return `${token}${handle === undefined ? "" : HAS_HANDLE}`
}

const text = z.string().nullable()
/** state, id, name, processedOn, finishedOn, returnvalue, failedReason, progress, handle, data (only when it holds the handle). */
const row = z.tuple([
  z.enum(["queued", "active", "completed", "failed", "stalled"]),
  z.string(),
  z.string(),
  text,
  text,
  text,
  text,
  text,
  text,
  text,
])
const view = z.tuple([z.array(z.string()), z.array(row)])
const progressShape = z.object({ fraction: z.number().optional(), text: z.string() })

/** Workers are named after the slots that they have. */
export function workerName(id: string, slots: number): string {
  return `${id}/${slots}`
}

export function viewOf(reply: unknown): LaneView {
  const [workers, rows] = view.parse(reply)
  return {
    slots: workers.reduce((sum, name) => sum + Number(name.split("/")[1] ?? 0), 0),
    entries: rows.flatMap((one) => entryOf(one) ?? []),
  }
}

function entryOf([state, id, name, started, ended, result, reason, progress, handle, data]: z.infer<typeof row>):
  | LaneEntry
  | undefined {
  const which = parseEntryId(id)
  if (!which) return undefined
  const failure = state === "failed" ? failureSchema.safeParse(jsonOf(reason)) : undefined
  const told = progressShape.safeParse(jsonOf(progress))
  const kept = handle === null ? offerData.safeParse(jsonOf(data)).data?.handle : jsonOf(handle)
  return {
    ...which,
    token: Number.parseInt(name, 10),
    // Ended by something that is not a worker of ours, such as a hand in a dashboard: nobody says how, so it counts as lost.
    state: failure && !failure.success ? "stalled" : state,
    ...(told.success ? { progress: cleaned(told.data) } : {}),
    ...(kept === undefined ? {} : { handle: kept }),
    ...(state === "completed" ? { result: jsonOf(result) } : {}),
    ...(failure?.success ? { failure: failure.data } : {}),
    ...(started === null ? {} : { startedAt: Number(started) }),
    ...(ended === null ? {} : { endedAt: Number(ended) }),
  }
}

function cleaned({ fraction, text: words }: z.infer<typeof progressShape>): { fraction?: number; text: string } {
  return fraction === undefined ? { text: words } : { fraction, text: words }
}

/** Undefined for nothing, and for what does not read. */
function jsonOf(written: string | null): unknown {
  if (written === null) return undefined
  try {
    return JSON.parse(written)
  } catch {
    return undefined
  }
}
