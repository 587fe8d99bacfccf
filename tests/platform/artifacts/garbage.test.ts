import { mkdir, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { filesBelow } from "#tests/platform/artifacts/files.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"

const DAY_MS = 86_400_000
let studio: TestStudio
beforeEach(async () => {
  studio = await testStudio()
})
afterEach(() => studio.close())

const put = (content: string, name = "x.txt") =>
  studio.services.artifacts.writerFor("local").put(Buffer.from(content), { name, use: "file" })
const collect = (keepDays = 30) => studio.services.artifacts.collectGarbage({ keepDays })
const blobs = () => filesBelow(join(studio.config.dataDir, "blobs"))

it("removes what nobody owns after the days to keep, and keeps what is linked or was used again", async () => {
  const { artifacts } = studio.services
  const [linked, used, loose] = [await put("linked"), await put("used"), await put("loose")]
  artifacts.link("job:1", [linked.id])
  studio.clock.advance(20 * DAY_MS)
  expect(await collect()).toEqual({ artifacts: 0, blobs: 0, temporary: 0 })
  await put("used")
  studio.clock.advance(20 * DAY_MS)
  expect(await collect()).toEqual({ artifacts: 1, blobs: 1, temporary: 0 })
  expect([linked, used, loose].map((it) => artifacts.get(it.id)?.id)).toEqual([linked.id, used.id, undefined])
  expect(await blobs()).toHaveLength(2)
  artifacts.unlink("job:1")
  await collect()
  expect(artifacts.get(linked.id)).toBeUndefined()
})

it("keeps the bytes as long as any artifact has them", async () => {
  const { artifacts } = studio.services
  const [a, b] = [await put("shared", "a.txt"), await put("shared", "b.txt")]
  artifacts.link("item:1", [a.id])
  studio.clock.advance(40 * DAY_MS)
  expect(await collect()).toEqual({ artifacts: 1, blobs: 0, temporary: 0 })
  expect(artifacts.get(b.id)).toBeUndefined()
  expect(artifacts.path(a.id)).toBeTruthy()
})

it("lets go of an item's files when the item is deleted", async () => {
  const { artifacts, items } = studio.services
  const projectId = items.currentProject("local").id
  const { item } = items.create({ accountId: "local", projectId, kind: "design", name: "x", data: 1, note: "" })
  const artifact = await put("of the item")
  artifacts.link(`item:${item.id}`, [artifact.id])
  studio.clock.advance(40 * DAY_MS)
  expect((await collect()).artifacts).toBe(0)
  studio.db.run("DELETE FROM item WHERE id = :id", { id: item.id })
  expect((await collect()).artifacts).toBe(1)
})

it("refuses to link what is not there, and links all or nothing", async () => {
  const { artifacts } = studio.services
  const artifact = await put("x")
  expect(() => artifacts.link("job:1", [artifact.id, "art_gone"])).toThrow(/no file "art_gone"/)
  studio.clock.advance(40 * DAY_MS)
  expect((await collect()).artifacts).toBe(1)
})

it("removes blobs without artifact and stale temporary files, and leaves young ones and strangers", async () => {
  const folder = join(studio.config.dataDir, "blobs")
  const kept = await put("kept")
  const orphan = "ab".repeat(32)
  await writeFile(join(folder, "tmp", "old"), "half")
  await writeFile(join(folder, "tmp", "young"), "half")
  await utimes(join(folder, "tmp", "old"), 1, 1)
  await mkdir(join(folder, "ab"))
  await writeFile(join(folder, "ab", orphan), "orphan")
  await writeFile(join(folder, kept.sha256.slice(0, 2), "README"), "not ours")
  expect(await collect()).toEqual({ artifacts: 0, blobs: 1, temporary: 1 })
  expect((await blobs()).map((path) => path.split("/").at(-1)).sort()).toEqual(["README", "young", kept.sha256].sort())
})

it("never takes the bytes of a file that is being stored again at the same moment", async () => {
  const { artifacts } = studio.services
  for (let round = 0; round < 15; round++) {
    await put("contended")
    studio.clock.advance(40 * DAY_MS)
    const [artifact] = await Promise.all([put("contended"), collect(), put("contended", "y.txt"), collect()])
    const found = artifacts.get(artifact.id)
    if (found) expect(artifacts.path(found.id)).toBeTruthy()
    for (const it of [await put("contended"), await put("contended", "y.txt")])
      expect(artifacts.path(it.id)).toBeTruthy()
  }
})
