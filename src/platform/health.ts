import { access, constants, statfs } from "node:fs/promises"
import { checkBlender } from "#src/platform/blender.ts"
import type { Config } from "#src/platform/config.ts"
import { isLoopback, needsKey } from "#src/platform/http/guard.ts"
import type { LaneTransport } from "#src/platform/queue/lane.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Check } from "#src/studio.ts"

const LEAST_FREE_BYTES = 1024 ** 3
const LIMIT_MS = 1_000
const WANTED_NODE = 24

interface HealthParts {
  config: Config
  db: Db
  lane: LaneTransport
  /** Where links point to. */
  baseUrl: string
  signal: AbortSignal
}

/** What is there, what is missing and what to do about it. Never throws; a check that takes over a second counts as failing. */
export async function checkHealth(parts: HealthParts): Promise<Check[]> {
  const limit = AbortSignal.any([parts.signal, AbortSignal.timeout(LIMIT_MS)])
  const checks: [name: string, check: () => Promise<Omit<Check, "name">>][] = [
    ["node", async () => checkNode()],
    ["data directory", () => checkFolder(parts.config.dataDir)],
    ["disk space", () => checkSpace(parts.config.dataDir)],
    ["database", async () => checkDatabase(parts.db)],
    ["job queue", () => checkQueue(parts)],
    ["renderer", async () => ({ state: "ok", detail: `built-in path tracer, ${parts.config.renderThreads} threads` })],
    ["blender", () => checkBlender(parts.config.blenderPath, limit)],
    ["http keys", async () => checkKeys(parts.config)],
  ]
  return Promise.all(
    checks.map(async ([name, check]) => {
      try {
        return { name, ...(await within(check(), limit)) }
      } catch (error) {
        return { name, state: "failing" as const, detail: error instanceof Error ? error.message : String(error) }
      }
    }),
  )
}

function checkNode(): Omit<Check, "name"> {
  const sound = Number(process.versions.node.split(".")[0]) >= WANTED_NODE
  return sound
    ? { state: "ok", detail: process.version }
    : {
        state: "failing",
        detail: process.version,
        hint: `Run it by "npx atelier" or "npm start": the checkout brings Node ${WANTED_NODE}.`,
      }
}

async function checkFolder(dataDir: string): Promise<Omit<Check, "name">> {
  try {
    await access(dataDir, constants.W_OK)
    return { state: "ok", detail: dataDir }
  } catch {
    return {
      state: "failing",
      detail: `${dataDir} cannot be written`,
      hint: "Check its permissions, or set ATELIER_DATA.",
    }
  }
}

async function checkSpace(dataDir: string): Promise<Omit<Check, "name">> {
  const { bavail, bsize } = await statfs(dataDir)
  const detail = `${((bavail * bsize) / 1024 ** 3).toFixed(1)} GB free`
  return bavail * bsize >= LEAST_FREE_BYTES
    ? { state: "ok", detail }
    : { state: "failing", detail, hint: "Free at least 1 GB, or move ATELIER_DATA." }
}

function checkDatabase(db: Db): Omit<Check, "name"> {
  const verdict = db.check()
  return verdict === "ok"
    ? { state: "ok", detail: "SQLite, sound" }
    : { state: "failing", detail: verdict, hint: 'Stop the studio and restore the last backup: "atelier restore DIR".' }
}

async function checkQueue({ config, lane, baseUrl }: HealthParts): Promise<Omit<Check, "name">> {
  const { ok, detail, hint } = await lane.health()
  if (!ok) return { state: "failing", detail, ...(hint === undefined ? {} : { hint }) }
  if (config.redisUrl !== undefined)
    return { state: "ok", detail: [detail, filesInWords(baseUrl), ...(hint === undefined ? [] : [hint])].join("; ") }
  return config.workers > 0
    ? {
        state: "ok",
        detail: `embedded, up to ${config.workers} worker ${config.workers === 1 ? "process" : "processes"}`,
      }
    : {
        state: "absent",
        detail: "no workers of its own",
        hint: 'Set ATELIER_WORKERS to 1 or more, or run "atelier worker" beside it.',
      }
}

/** Workers follow the links that the studio gives them; an address that means "this machine" is of no use elsewhere. */
function filesInWords(baseUrl: string): string {
  return isLoopback(new URL(baseUrl).hostname)
    ? `files at ${baseUrl}, out of reach for workers on other machines (set ATELIER_HOST and ATELIER_PUBLIC_URL for those)`
    : `files at ${baseUrl}`
}

function checkKeys(config: Config): Omit<Check, "name"> {
  return needsKey(config)
    ? { state: "ok", detail: "every request needs a key", hint: 'Make one with "atelier key create <name>".' }
    : { state: "ok", detail: "not needed: bound to this machine only" }
}

async function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("no answer within a second")), { once: true })
  })
  return Promise.race([work, late])
}
