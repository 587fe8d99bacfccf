import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, utimes } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { afterEach, beforeEach, expect, it } from "vitest"
import { z } from "zod"
import { createArtifacts } from "#src/platform/artifacts/artifacts.ts"
import { fingerprint } from "#src/platform/backup-files.ts"
import { createLog } from "#src/platform/log.ts"
import { openDataDir } from "#src/platform/store/data-dir.ts"
import { filesBelow } from "#tests/platform/artifacts/files.ts"

const WRITER = new URL("writer.ts", import.meta.url).pathname
const namespaces = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "atelier-crash-"))
})
afterEach(() => rm(dataDir, { recursive: true, force: true }))

const reopen = () => {
  const db = openDataDir(dataDir)
  const config = { dataDir, maxFileBytes: 1e9, linkHours: 1 }
  const parts = { db, config, clock: { now: () => Date.now() }, baseUrl: () => "", log: createLog("silent") }
  return { db, artifacts: createArtifacts(parts) }
}

it("has no half artifact and no row without bytes after kill -9 in the middle of storing", async () => {
  const acknowledged: string[] = []
  for (const delay of [1, 9, 20]) {
    const child = spawn(process.execPath, [WRITER, dataDir], { stdio: ["ignore", "pipe", "inherit"] })
    const lines = createInterface({ input: child.stdout })
    lines.on("line", (line) => void (line.startsWith("art_") && acknowledged.push(line)))
    await once(lines, "line")
    await new Promise((resolve) => setTimeout(resolve, delay * 10))
    child.kill("SIGKILL")
    await once(child, "close")
  }
  const { db, artifacts } = reopen()
  expect(db.check()).toBe("ok")
  const stored = db.all(z.object({ id: z.string(), sha256: z.string(), bytes: z.number() }), "SELECT * FROM artifact")
  for (const row of stored)
    expect(await fingerprint(artifacts.path(row.id))).toEqual({ sha256: row.sha256, bytes: row.bytes })
  expect(acknowledged.length).toBeGreaterThan(2)
  expect(stored.map((row) => row.id)).toEqual(expect.arrayContaining(acknowledged))
  const folder = join(dataDir, "blobs")
  for (const name of await filesBelow(join(folder, "tmp"))) await utimes(join(folder, "tmp", name), 1, 1)
  await artifacts.collectGarbage({ keepDays: 30 })
  expect(await filesBelow(folder)).toHaveLength(stored.length)
  db.close()
})

it.skipIf(!namespaces)(
  "says storage_full on a full disk, keeps what was stored and leaves no piece of the rest",
  () => {
    const script = `mount -t tmpfs -o size=8m tmpfs "$1" && exec "$2" "$3" "$1" until-full`
    const run = spawnSync("unshare", ["-rm", "sh", "-c", script, "sh", dataDir, process.execPath, WRITER], {
      encoding: "utf8",
      timeout: 20_000,
    })
    expect(run.stderr).toBe("")
    const report = z
      .object({ code: z.string(), stored: z.number(), rows: z.number(), files: z.number(), again: z.string() })
      .parse(JSON.parse(run.stdout.trim().split("\n").at(-1) ?? ""))
    expect(report).toMatchObject({ code: "storage_full", again: "ok" })
    expect(report.stored).toBeGreaterThan(0)
    expect([report.rows, report.files]).toEqual([report.stored, report.stored])
  },
)
