import { fork } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, describe, expect, it } from "vitest"
import { z } from "zod"
import type { SubmitterOrder } from "#tests/platform/queue/probes/submitter.ts"
import { startRig } from "#tests/platform/queue/rig.ts"

const script = fileURLToPath(new URL("./probes/submitter.ts", import.meta.url))
const children = new Set<ChildProcess>()
let dataDir = ""
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL")
  children.clear()
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5 })
})

function submitter(order: SubmitterOrder): { child: ChildProcess; report: Promise<{ denied: number }> } {
  const child = fork(script, [], { execPath: process.execPath, execArgv: [], stdio: ["ignore", 2, 2, "ipc"] })
  children.add(child)
  const { promise: report, resolve } = Promise.withResolvers<{ denied: number }>()
  child.once("message", (message) => resolve(z.object({ denied: z.number() }).parse(message)))
  child.once("exit", () => children.delete(child))
  child.send(order)
  return { child, report }
}

const lines = async (path: string) => (existsSync(path) ? (await readFile(path, "utf8")).trim().split("\n") : [])

describe("many processes on one data directory", () => {
  it("grant exactly the limit to 51 callers from 3 processes", async () => {
    dataDir = await mkdtemp(join(tmpdir(), "atelier-limit-"))
    const rig = await startRig({ dataDir, workers: "none" })
    const promises = join(dataDir, "promises")
    const orderOf = (name: string): SubmitterOrder => ({
      dataDir,
      workers: "none",
      jobsPerDay: 10,
      keys: Array.from({ length: 17 }, (_, n) => `${name} ${n}`),
      payload: { ms: 0 },
      promises,
      leaseMs: 10_000,
    })
    const reports = await Promise.all(["a", "b", "c"].map((name) => submitter(orderOf(name)).report))
    expect(reports.reduce((sum, { denied }) => sum + denied, 0)).toBe(41)
    expect(await lines(promises)).toHaveLength(10)
    expect(rig.quota.show("ada")[0]).toMatchObject({ unit: "jobs", used: 0, held: 10 })
    expect(rig.quota.checkInvariant()).toEqual([])
    await rig.close()
  })
})
