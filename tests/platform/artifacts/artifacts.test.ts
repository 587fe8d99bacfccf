import { createHash } from "node:crypto"
import { existsSync, readFileSync, statSync } from "node:fs"
import { readdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Readable } from "node:stream"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { z } from "zod"
import type { ArtifactWriter } from "#src/studio.ts"
import { createArtifacts } from "#src/platform/artifacts/artifacts.ts"
import { filesBelow } from "#tests/platform/artifacts/files.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"

let studio: TestStudio
let writer: ArtifactWriter
beforeEach(async () => {
  studio = await testStudio({ env: { ATELIER_MAX_FILE_MB: "3" } })
  writer = studio.services.artifacts.writerFor("local")
})
afterEach(() => studio.close())

const text = (content: string) => Buffer.from(content)
const blobs = () => filesBelow(join(studio.config.dataDir, "blobs"))
const rows = () => studio.db.get(z.object({ n: z.number() }), "SELECT count(*) AS n FROM artifact")?.n

describe("put", () => {
  it("stores bytes, a stream and a file under the hash of their content", async () => {
    const content = Buffer.alloc(2_500_000, "atelier ")
    const path = join(studio.config.dataDir, "source.txt")
    await writeFile(path, content)
    const stored = [
      await writer.put(content, { name: "a.txt", use: "file" }),
      await writer.put(Readable.from([content.subarray(0, 7), content.subarray(7)]), { name: "b.txt", use: "file" }),
      await writer.put({ path }, { name: "c.txt", use: "file" }),
    ]
    const sha256 = createHash("sha256").update(content).digest("hex")
    expect(stored.map((it) => [it.sha256, it.bytes])).toEqual(stored.map(() => [sha256, content.length]))
    expect(await blobs()).toEqual([join(sha256.slice(0, 2), sha256)])
    expect(readFileSync(await writer.path(stored[2]?.id ?? "")).equals(content)).toBe(true)
    expect(existsSync(path)).toBe(true)
    expect(studio.services.artifacts.storageBytes("local")).toBe(content.length)
  })

  it("gives the same artifact for the same bytes and name, and a row of its own for another name or group", async () => {
    const put = (name: string, group?: string) =>
      writer.put(text("same"), { name, use: "file", ...(group === undefined ? {} : { group }) })
    const first = await put("a.txt")
    expect((await put("a.txt")).id).toBe(first.id)
    expect((await put("b.txt")).id).not.toBe(first.id)
    const grouped = await put("a.txt", "itm_1/2")
    expect(grouped.id).not.toBe(first.id)
    expect(studio.services.artifacts.group("local", "itm_1/2")).toEqual([grouped])
    expect(studio.services.artifacts.group("local", "")).toEqual([])
  })

  it("keeps one blob and one row when twenty callers store the same content at once", async () => {
    const content = Buffer.alloc(300_000, 7)
    const all = await Promise.all(
      Array.from({ length: 20 }, () => writer.put(Readable.from([content]), { name: "x.bin", use: "file" })),
    )
    expect(new Set(all.map((it) => it.id)).size).toBe(1)
    expect(await blobs()).toHaveLength(1)
    expect(rows()).toBe(1)
  })

  it("keeps facts, and keeps them when the same file is stored again without any", async () => {
    const put = (facts?: Record<string, string>) =>
      writer.put(text("ring"), { name: "ring.txt", use: "file", ...(facts ? { facts } : {}) })
    await put({ mass: "3.2 g" })
    expect((await put()).facts).toEqual({ mass: "3.2 g" })
    expect((await put({ mass: "3.3 g" })).facts).toEqual({ mass: "3.3 g" })
  })

  it("stops in the middle of a stream that is too large, naming the limit, and leaves nothing behind", async () => {
    let given = 0
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(512 * 1024, given++)
      })(),
    )
    await expect(writer.put(endless, { name: "x.bin", use: "file" })).rejects.toMatchObject({
      code: "too_large",
      problem: expect.stringContaining("3 MB") as string,
    })
    expect(given).toBeLessThan(12)
    expect(endless.destroyed).toBe(true)
    expect(await blobs()).toEqual([])
    expect(rows()).toBe(0)
  })

  it("leaves nothing behind when the source fails half way", async () => {
    const broken = Readable.from(
      (function* () {
        yield Buffer.alloc(1_000)
        throw new Error("connection lost")
      })(),
    )
    await expect(writer.put(broken, { name: "x.bin", use: "file" })).rejects.toThrow("connection lost")
    expect(await blobs()).toEqual([])
  })

  it("says storage_full and leaves nothing behind when the database cannot take the row", async () => {
    const { page_count } = studio.db.get(z.object({ page_count: z.number() }), "PRAGMA page_count") ?? { page_count: 0 }
    studio.db.get(z.unknown(), `PRAGMA max_page_count = ${page_count}`)
    let stored = 0
    const fill = async () => {
      for (; stored < 500; stored++) await writer.put(text(`file ${stored}`), { name: "x.txt", use: "file" })
    }
    await expect(fill()).rejects.toMatchObject({ code: "storage_full" })
    expect(await blobs()).toHaveLength(stored)
    expect(rows()).toBe(stored)
    studio.db.get(z.unknown(), "PRAGMA max_page_count = 100000")
    await writer.put(text("room again"), { name: "x.txt", use: "file" })
    expect(rows()).toBe(stored + 1)
  })

  it("refuses a folder, and a file that is not there", async () => {
    await expect(writer.put({ path: studio.config.dataDir }, { name: "x", use: "file" })).rejects.toThrow(/not a file/)
    await expect(writer.put({ path: "/nowhere/x" }, { name: "x", use: "file" })).rejects.toThrow(/ENOENT/)
  })

  it("asks for room only for bytes that the account does not keep yet", async () => {
    const asked: number[] = []
    const { db, config, clock, services } = studio
    const store = createArtifacts({
      db,
      config,
      clock,
      log: services.log,
      baseUrl: () => "http://x",
      requireRoom: (_, bytes) => void asked.push(bytes),
    })
    for (const name of ["a.txt", "b.txt"]) await store.writerFor("local").put(text("12345"), { name, use: "file" })
    expect(asked).toEqual([5, 0])
  })

  it("replaces a blob that was cut short on disk", async () => {
    const artifact = await writer.put(text("whole content"), { name: "a.txt", use: "file" })
    const path = await writer.path(artifact.id)
    const { rm } = await import("node:fs/promises")
    await rm(path)
    await writeFile(path, "who")
    await writer.put(text("whole content"), { name: "a.txt", use: "file" })
    expect(readFileSync(path, "utf8")).toBe("whole content")
  })
})

describe("names", () => {
  it.each([
    ["../../etc/passwd", "passwd.txt"],
    ["..\\..\\windows\\system32\\evil.exe", "evil.txt"],
    ["ring\u0000\r\nX-Evil: 1.txt", "ring X-Evil 1.txt"],
    ["", "file.txt"],
    ["...", "file.txt"],
    ["con.txt", "_con.txt"],
    ["photo.png", "photo.txt"],
    ["invoice\u202etxt.exe", "invoice txt.txt"],
    ["edit.edl", "edit.edl"],
    ["Überring “14k”.md", "Überring “14k”.md"],
  ])("turns %j into %j for a text", async (given, expected) => {
    expect((await writer.put(text("some words"), { name: given, use: "file" })).name).toBe(expected)
  })

  it("keeps the extension when it shortens a long name to 120 characters", async () => {
    const { name } = await writer.put(text("x y"), { name: `${"💍".repeat(200)}.md`, use: "file" })
    expect(name.length).toBeLessThanOrEqual(120)
    expect(name).toMatch(/💍\.md$/u)
    expect(name.isWellFormed()).toBe(true)
  })
})

describe("who may read", () => {
  it("lets a writer reach only the files of its own account", async () => {
    const other = studio.accounts.forIdentity({ platform: "discord", tenant: "1", externalId: "2" }, "Grace")
    const artifact = await writer.put(text("mine"), { name: "a.txt", use: "file" })
    const theirs = studio.services.artifacts.writerFor(other.id)
    await expect(theirs.path(artifact.id)).rejects.toMatchObject({ code: "not_found" })
    expect(() => studio.services.artifacts.path("art_nothing")).toThrow(expect.objectContaining({ code: "not_found" }))
  })

  it("keeps blobs and the link key away from other users of the machine", async () => {
    const artifact = await writer.put(text("mine"), { name: "a.txt", use: "file" })
    expect(statSync(await writer.path(artifact.id)).mode & 0o777).toBe(0o400)
    expect(statSync(join(studio.config.dataDir, "secret"))).toMatchObject({ size: 32 })
    expect(statSync(join(studio.config.dataDir, "secret")).mode & 0o777).toBe(0o600)
    expect((await readdir(studio.config.dataDir)).sort()).toEqual(["blobs", "secret"])
  })
})
