import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { z } from "zod"
import { createArtifacts } from "#src/platform/artifacts/artifacts.ts"
import { backup, restore } from "#src/platform/backup.ts"
import { MANIFEST } from "#src/platform/backup-files.ts"
import { databasePath, openDataDir } from "#src/platform/store/data-dir.ts"
import { filesBelow } from "#tests/platform/artifacts/files.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"

let studio: TestStudio
let outside: string
beforeEach(async () => {
  studio = await testStudio({ file: true })
  outside = await mkdtemp(join(tmpdir(), "atelier-backup-"))
})
afterEach(async () => {
  await studio.close()
  await rm(outside, { recursive: true, force: true })
})

const put = (content: string) =>
  studio.services.artifacts.writerFor("local").put(Buffer.from(content), { name: "x.txt", use: "file" })
const target = () => join(outside, "backup")
const fresh = () => ({ dataDir: join(outside, "restored") })
const blobOf = (folder: string, sha256: string) => join(folder, "blobs", sha256.slice(0, 2), sha256)

describe("backup", () => {
  it("made during writes restores to one consistent moment with every file and working links", async () => {
    const { items, artifacts } = studio.services
    const project = items.currentProject("local")
    const { item } = items.create({
      accountId: "local",
      projectId: project.id,
      kind: "design",
      name: "x",
      data: 0,
      note: "",
    })
    const before = await put("before")
    const link = new URL(artifacts.fileUrl(before))
    const writer = { written: 0, stop: false }
    const writing = (async () => {
      for (let n = 1; !writer.stop; n++) {
        const file = await put(`file ${n} ${"x".repeat(n)}`)
        studio.db.tx(() => {
          items.revise("local", item.id, { expectedHead: n, data: { n, file: file.id }, note: "" })
          artifacts.link(`item:${item.id}`, [file.id])
        })
        writer.written = n
      }
    })()
    while (writer.written < 5) await new Promise((resolve) => setImmediate(resolve))
    const manifest = await backup(studio.config, studio.db, target(), 1234)
    writer.stop = true
    await writing
    expect(manifest).toMatchObject({ createdAt: 1234, blobs: { missing: [] } })
    expect(manifest.database.rows["item_revision"]).toBeGreaterThan(3)

    const config = fresh()
    expect(await restore(target(), config)).toEqual({ manifest })
    const db = openDataDir(config.dataDir)
    const rows = db.all(z.object({ sha256: z.string() }), "SELECT DISTINCT sha256 FROM artifact")
    const names = (await filesBelow(join(config.dataDir, "blobs"))).map((path) => path.split("/").at(-1))
    expect(names.sort()).toEqual(rows.map((row) => row.sha256).sort())
    const linked = z.object({ revisions: z.number(), links: z.number() })
    const sql =
      "SELECT (SELECT count(*) FROM item_revision) AS revisions, (SELECT count(*) FROM artifact_link) AS links"
    const counts = db.get(linked, sql)
    expect(counts?.links).toBe((counts?.revisions ?? 0) - 1)
    db.close()
    const again = artifactsAt(config.dataDir)
    expect(again.open(link)).toMatchObject({ state: "ok", artifact: { id: before.id } })
    again.close()
  })

  it("never overwrites a folder, never lies inside the data directory, and leaves nothing half made", async () => {
    await put("x")
    await mkdir(target())
    await writeFile(join(target(), "precious"), "x")
    await expect(backup(studio.config, studio.db, target())).rejects.toThrow(/is not empty/)
    await expect(backup(studio.config, studio.db, join(studio.config.dataDir, "b"))).rejects.toThrow(/inside the data/)
    await writeFile(join(outside, "file"), "x")
    await expect(backup(studio.config, studio.db, join(outside, "file"))).rejects.toThrow(/cannot be used \(ENOTDIR\)/)
    await rm(join(studio.config.dataDir, "secret"))
    await expect(backup(studio.config, studio.db, join(outside, "other"))).rejects.toThrow(/ENOENT/)
    expect((await readdir(outside)).sort()).toEqual(["backup", "file"])
  })

  it("tells which bytes were already lost, and still restores the rest", async () => {
    const [lost, kept] = [await put("lost"), await put("kept")]
    await rm(blobOf(studio.config.dataDir, lost.sha256))
    const manifest = await backup(studio.config, studio.db, target())
    expect(manifest.blobs).toMatchObject({ count: 2, missing: [lost.sha256] })
    const config = fresh()
    await restore(target(), config)
    expect(readFileSync(blobOf(config.dataDir, kept.sha256), "utf8")).toBe("kept")
  })
})

describe("restore", () => {
  it("refuses a data directory with something in it, and with force keeps that beside the restored one", async () => {
    const artifact = await put("kept")
    await backup(studio.config, studio.db, target())
    const config = fresh()
    await mkdir(config.dataDir)
    await writeFile(join(config.dataDir, "mine"), "precious")
    await expect(restore(target(), config)).rejects.toThrow(/not empty.*--force/)
    const { before } = await restore(target(), config, { force: true })
    expect(readFileSync(join(before ?? "", "mine"), "utf8")).toBe("precious")
    expect(readFileSync(blobOf(config.dataDir, artifact.sha256), "utf8")).toBe("kept")
    expect(statSync(join(config.dataDir, "secret")).mode & 0o777).toBe(0o600)
  })

  it("refuses while a studio has the data open, even with force", async () => {
    await backup(studio.config, studio.db, target())
    await expect(restore(target(), studio.config, { force: true })).rejects.toThrow(/running studio/)
    expect(studio.services.items.currentProject("local").accountId).toBe("local")
  })

  const damage: [string, RegExp, (folder: string, sha256: string) => void | Promise<void>][] = [
    ["without manifest", /is not a backup/, (folder) => rm(join(folder, MANIFEST))],
    ["with a manifest of something else", /does not read/, (folder) => writeFileSync(join(folder, MANIFEST), "{}")],
    ["with a changed database", /not the one that was backed up/, (folder) => flip(databasePath(folder))],
    ["with a changed key", /link key/, (folder) => flip(join(folder, "secret"))],
    ["with a changed file", /has changed/, (folder, sha256) => flip(blobOf(folder, sha256))],
    ["with a lost file", /is missing/, (folder, sha256) => rm(blobOf(folder, sha256))],
  ]
  it.each(damage)("refuses a backup %s and leaves the old data as it was", async (_, message, act) => {
    const artifact = await put("content")
    await backup(studio.config, studio.db, target())
    await act(target(), artifact.sha256)
    const config = fresh()
    await mkdir(config.dataDir)
    await writeFile(join(config.dataDir, "mine"), "precious")
    await expect(restore(target(), config, { force: true })).rejects.toThrow(message)
    expect(await readdir(config.dataDir)).toEqual(["mine"])
    expect((await readdir(outside)).sort()).toEqual(["backup", "restored"])
  })
})

/** One byte changed, in a file of its own: the one that was there may be linked elsewhere. */
function flip(path: string): void {
  const bytes = readFileSync(path)
  const at = bytes.length >> 1
  bytes[at] = (bytes[at] ?? 0) ^ 1
  rmSync(path)
  writeFileSync(path, bytes)
}

function artifactsAt(dataDir: string) {
  const db = openDataDir(dataDir)
  const { clock, services } = studio
  const config = { ...studio.config, dataDir }
  const store = createArtifacts({ db, config, clock, log: services.log, baseUrl: () => "http://127.0.0.1:7420" })
  return { open: (url: URL) => store.open(url), close: () => db.close() }
}
