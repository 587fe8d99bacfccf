import type { WaitingJob } from "#src/platform/queue/schedule.ts"

/** A GPU server as the choice sees it. */
export interface GpuServer {
  id: string
  /** Which protocol it speaks: "comfyui", "hunyuan3d". */
  kind: string
  /** Jobs that it takes at the same time. */
  slots: number
  /** Jobs in its lane now, started or not. */
  inFlight: number
  /** Absent when the server does not say: then only trying tells. */
  vramMb?: number
  /** Whether it has a node class or a model file. */
  has(name: string): boolean
  /** Signatures of the models in its memory, the one used last first. */
  warm: readonly string[]
  /** Takes new work: reachable, breaker closed, not draining. */
  open: boolean
  /** Not open only because it takes nothing new: what runs there already may come back to it. */
  draining?: boolean
}

/** What a job needs of a server. */
export interface Needs {
  /** Any of these kinds. */
  kinds: readonly string[]
  vramMb?: number
  /** Node classes and model files, all of them. */
  requires: readonly string[]
  /** Only this one, by id. */
  server?: string
}

/** Servers that failed the job before: out of capacity (never again) or by an accident (elsewhere first). */
export type Avoid = Readonly<Record<string, "capacity" | "transient">>

/** The open servers that a job may start on, busy ones included. */
export function serversFor(
  job: Pick<WaitingJob, "needs" | "avoid" | "pinned">,
  servers: readonly GpuServer[],
): GpuServer[] {
  if (job.pinned !== undefined)
    return servers.filter((server) => server.id === job.pinned && (server.open || server.draining))
  const fitting = servers.filter(
    (server) => server.open && fits(job.needs, server) && job.avoid[server.id] !== "capacity",
  )
  const untried = fitting.filter((server) => job.avoid[server.id] === undefined)
  return untried.length > 0 ? untried : fitting
}

function fits(needs: Needs, server: GpuServer): boolean {
  return isMeant(needs, server) && hasRoom(needs, server) && needs.requires.every((name) => server.has(name))
}

function isMeant({ kinds, server: only }: Needs, server: GpuServer): boolean {
  return kinds.includes(server.kind) && (only === undefined || only === server.id)
}

function hasRoom({ vramMb = 0 }: Needs, server: GpuServer): boolean {
  return server.vramMb === undefined || vramMb <= server.vramMb
}

/** Why a job cannot start however long it waits, unless somebody changes something. */
export type BlockedReason =
  /** No server of these kinds is set up. */
  | { why: "no_server"; kinds: readonly string[] }
  /** The server that the job runs on is not set up any more. */
  | { why: "server_gone"; server: string }
  /** `server` comes closest; `nowhere` are those of the missing names that no server of the kind has. */
  | { why: "missing"; names: string[]; server: string; nowhere: string[] }
  /** Those that have all files are too small. */
  | { why: "vram"; needsMb: number; largestMb: number }
  /** All that fit ran out of capacity with this very job. */
  | { why: "capacity"; servers: string[] }
  /** All that fit are down or draining. */
  | { why: "closed"; servers: string[] }

/** Undefined when a server could take the job as soon as it has a free slot. The first obstacle counts. */
export function blockedReason(
  job: Pick<WaitingJob, "needs" | "avoid" | "pinned">,
  servers: readonly GpuServer[],
): BlockedReason | undefined {
  if (serversFor(job, servers).length > 0) return undefined
  if (job.pinned !== undefined) return pinnedReason(job.pinned, servers)
  const { needs, avoid } = job
  const ofKind = servers.filter((server) => isMeant(needs, server))
  if (ofKind.length === 0) return { why: "no_server", kinds: needs.kinds }
  const complete = ofKind.filter((server) => needs.requires.every((name) => server.has(name)))
  if (complete.length === 0) return missingReason(needs, ofKind)
  const roomy = complete.filter((server) => hasRoom(needs, server))
  if (roomy.length === 0)
    return {
      why: "vram",
      needsMb: needs.vramMb ?? 0,
      largestMb: Math.max(...complete.map((server) => server.vramMb ?? 0)),
    }
  const able = roomy.filter((server) => avoid[server.id] !== "capacity")
  if (able.length === 0) return { why: "capacity", servers: roomy.map((server) => server.id) }
  return { why: "closed", servers: able.map((server) => server.id) }
}

function pinnedReason(id: string, servers: readonly GpuServer[]): BlockedReason {
  const known = servers.some((server) => server.id === id)
  return known ? { why: "closed", servers: [id] } : { why: "server_gone", server: id }
}

function missingReason({ requires }: Needs, servers: GpuServer[]): BlockedReason {
  const lacking = servers.map((server) => ({
    server: server.id,
    names: requires.filter((name) => !server.has(name)),
  }))
  const closest = lacking.reduce((best, each) => (each.names.length < best.names.length ? each : best))
  return {
    why: "missing",
    ...closest,
    nowhere: closest.names.filter((name) => servers.every((server) => !server.has(name))),
  }
}
