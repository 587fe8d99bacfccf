import { fork } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, describe, expect, test, vi } from "vitest"
import { findBlender } from "#src/platform/blender.ts"
import type { Mood } from "#tests/servers/blender/fake.ts"
import { installFakeBlender } from "#tests/servers/blender/install.ts"
import { makeGlb } from "#tests/servers/glb.ts"
import { attempt, failureOf, serverRef, type AttemptOptions } from "#tests/workers/backends/attempt.ts"
import { backend } from "#workers/backends/blender.ts"
import { progressOf } from "#workers/backends/blender/progress.ts"

const input = { name: "ring.glb", bytes: makeGlb() }
const convert = { task: "convert", input, format: "fbx" } as const
const render = { task: "render", input, width: 32, height: 32, samples: 4 } as const
type Order = Parameters<typeof attempt<typeof backend.order, typeof backend.handle, typeof backend.settings>>[2]
const run = (order: Order, options: AttemptOptions = {}) => attempt(backend, "blender:local", order, options)
const probe = (signal = new AbortController().signal) => backend.probe(serverRef("blender", "blender:local"), signal)
/** A process that ended but was not asked for its end by whoever adopted it counts as ended. */
const isRunning = (pid: number) => {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return false
  }
}
const leftovers = async () => (await readdir(tmpdir())).filter((name) => /^atelier-blender-(?!parent)/.test(name))

afterEach(() => vi.unstubAllEnvs())

describe("a Blender", () => {
  let folder = ""
  const install = async (mood?: Mood) => {
    const file = await installFakeBlender(mood)
    folder = dirname(file)
    vi.stubEnv("BLENDER_PATH", file)
  }
  afterEach(() => rm(folder, { recursive: true, force: true }))

  test("converts a model, with the files that belong to it", async () => {
    await install()
    expect((await run(convert).made).files.map((it) => it.name)).toEqual(["model.fbx"])
    const { files } = await run({ ...convert, format: "obj" }).made
    expect(files.map((it) => it.name)).toEqual(["model.obj", "model.mtl"])
  })

  test("renders a turn and tells its progress over all pictures", async () => {
    await install()
    const { made, told } = run({ ...render, frames: 2 })
    expect((await made).files.map((it) => it.name)).toEqual(["picture-0001.png", "picture-0002.png"])
    expect(told).toEqual([
      { fraction: 0, text: "starting Blender" },
      { fraction: 0, text: "picture 1 of 2, sample 0 of 4" },
      { fraction: 0.5, text: "picture 1 of 2, sample 4 of 4" },
      { fraction: 0.5, text: "picture 2 of 2, sample 0 of 4" },
      { fraction: 1, text: "picture 2 of 2, sample 4 of 4" },
    ])
  })

  test("runs without settings, scripts out of files, keys, or a home of its user", async () => {
    await install("tell")
    vi.stubEnv("SECRET_API_KEY", "s3cret")
    const { effective } = await run(convert, { settings: { threads: 3 } }).made
    expect(effective["args"]).toEqual([
      "--background",
      "--factory-startup",
      "--disable-autoexec",
      "--python-exit-code",
      "64",
      "--threads",
      "3",
      "--python",
      expect.stringMatching(/workers\/backends\/blender\/convert\.py$/),
      "--",
      expect.stringMatching(/order\.json$/),
    ])
    expect(effective["env"]).not.toContain("SECRET_API_KEY")
    expect(effective["env"]).toContain("HOME")
  })

  test("is killed with its helpers when its run is stopped", async () => {
    await install("hang")
    const stop = new AbortController()
    let helper = 0
    const { made } = run(render, {
      signal: stop.signal,
      onProgress: ({ text }) => {
        helper = Number(/sample (\d+) of/.exec(text)?.[1] ?? 0)
        if (helper > 0) stop.abort(new Error("enough"))
      },
    })
    await expect(made).rejects.toThrow("enough")
    expect(helper).toBeGreaterThan(1)
    await expect.poll(() => isRunning(helper)).toBe(false)
  })

  test("is killed when it takes too long, or too much memory", async () => {
    await install("hang")
    expect(await failureOf(run(render, { settings: { runS: 1 } }).made)).toBe(
      "capacity: Blender did not finish within 1 s",
    )
    await rm(folder, { recursive: true })
    await install("eat")
    const made = run(render, { settings: { memoryMb: 256 } }).made
    expect(await failureOf(made)).toBe("capacity: Blender took more than 256 MB of memory")
  })

  test.each<[Mood, Order, string]>([
    ["crash", convert, "transient: Blender ended with SIGSEGV and without a result; it said: Writing: "],
    ["refuse", convert, "input: the model has no meshes"],
    ["nothing", convert, "transient: Blender finished without the file that was asked for"],
    ["garbage", render, "transient: Blender finished without the file that was asked for"],
    ["huge", render, "input: what Blender wrote is larger than 1 MB"],
  ])("that does not do its work (%s) is told in words", async (mood, order, expected) => {
    await install(mood)
    expect(await failureOf(run(order, { maxFileMb: 1 }).made)).toContain(expected)
  })

  test("leaves nothing on the disk, however its run ended", async () => {
    const before = await leftovers()
    await install()
    await run(convert).made
    await rm(folder, { recursive: true })
    await install("crash")
    await failureOf(run(convert).made)
    await expect(run(convert, { signal: AbortSignal.abort(new Error("stopped")) }).made).rejects.toThrow("stopped")
    expect((await leftovers()).filter((name) => !before.includes(name))).toEqual([])
  })

  test.each([
    [
      "is no GLB",
      { name: "x.glb", bytes: new TextEncoder().encode("solid x, endsolid x, and so on") },
      "x.glb: it is no GLB",
    ],
    [
      "reads files beside it",
      { name: "x.glb", bytes: makeGlb(undefined, (gltf) => ({ ...gltf, images: [{ uri: "/etc/passwd" }] })) },
      "x.glb: it refers to files outside of it",
    ],
    ["is not there", { name: "x.glb", path: "/nowhere/x.glb" }, "x.glb cannot be read where the worker runs"],
  ])("never sees an input that %s", async (_, wrong, expected) => {
    await install("crash")
    expect(await failureOf(run({ ...convert, input: wrong }).made)).toBe(`input: ${expected}`)
  })

  test("is probed once, until the program changes", async () => {
    await install()
    await expect.poll(async () => (await probe()).ok, { timeout: 20_000 }).toBe(true)
    expect(await probe()).toEqual({
      ok: true,
      version: "3.4.1",
      detail: "Blender 3.4.1, Cycles on processor only, no denoiser; writes blend, fbx, dae, obj, stl, ply, x3d, glb",
      inventory: ["blend", "fbx", "dae", "obj", "stl", "ply", "x3d", "glb"].map((it) => `format:${it}`),
    })
    // The second answer needs no time: it is there before the signal is looked at.
    expect(await probe(AbortSignal.timeout(1_000))).toMatchObject({ ok: true })
    await rm(folder, { recursive: true })
    await install("old numpy")
    await expect.poll(async () => (await probe()).version, { timeout: 20_000 }).toBe("3.4.1")
    expect(await probe()).toMatchObject({ ok: false, detail: expect.stringContaining("install python3-numpy") })
  })

  test("that takes longer to be looked at than a probe may is told so, and is known later", async () => {
    await install()
    expect(await probe(AbortSignal.abort())).toEqual({
      ok: false,
      detail: "Blender is still being looked at, which takes longer the first time",
    })
    await expect.poll(async () => (await probe(AbortSignal.timeout(3_000))).ok).toBe(true)
  })

  test("that is not there, or is something else, is told with what to do", async () => {
    vi.stubEnv("BLENDER_PATH", "/nowhere/blender")
    expect(await probe()).toEqual({
      ok: false,
      detail: "there is no Blender at /nowhere/blender: correct BLENDER_PATH",
    })
    expect(await failureOf(run(convert).made)).toBe("fatal: Blender cannot be started: /nowhere/blender (ENOENT)")
    vi.stubEnv("BLENDER_PATH", "")
    vi.stubEnv("PATH", "/nowhere")
    expect(await probe()).toEqual({
      ok: false,
      detail: "there is no Blender here: install it, or name it in BLENDER_PATH",
    })
  })
})

test.each([
  ["Fra:1 Mem:9.79M (Peak 9.90M) | Time:00:00.40 | Mem:0.90M, Peak:0.90M | Scene, ViewLayer | Sample 16/64", 1, 0.25],
  ["Fra:3 Mem:9.79M (Peak 9.90M) | Time:00:00.40 | Scene, ViewLayer | Sample 32/64", 4, 0.625],
  ["00:03.120  render           | Fra: 2 | Remaining: 00:01.00 | Sample 64/64", 2, 1],
  ["Fra:1 Mem:8.64M | Scene, ViewLayer | Updating Lights", 1, undefined],
  ["Saved: '/tmp/Sample 3 of 4.png'", 1, undefined],
])("progress is read from %j", (line, frames, fraction) => {
  expect(progressOf(line, frames)?.fraction).toBe(fraction)
})

const real = findBlender(undefined)

describe.skipIf(real === undefined)("the real Blender (skipped without one on PATH)", { timeout: 120_000 }, () => {
  test("tells what it can, and reads GLB in spite of its numpy", async () => {
    await expect.poll(async () => (await probe()).ok, { timeout: 100_000 }).toBe(true)
    const probed = await probe()
    expect(probed).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/) })
    expect(probed.inventory).toContain("format:blend")
  })

  test("converts to OBJ in the size of the model, in millimetres where that is asked for", async () => {
    const { files, effective } = await run({ ...convert, format: "obj", scale: 1_000 }).made
    const text = Buffer.from(files[0]?.bytes ?? []).toString("utf8")
    const points = [...text.matchAll(/^v (\S+) (\S+) (\S+)/gm)].map((it) => it.slice(1).map(Number))
    expect(effective).toMatchObject({ triangles: 2 })
    expect([0, 1, 2].map((axis) => Math.max(...points.map((it) => it[axis] ?? 0)))).toEqual([1_000, 1_000, 1_000])
  })

  test("renders a picture by Cycles, with its progress", async () => {
    const { made, told } = run({ ...render, samples: 2 })
    const { files, effective } = await made
    expect(effective).toMatchObject({ triangles: 2, samples: 2, device: expect.any(String) })
    const png = Buffer.from(files[0]?.bytes ?? [])
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([32, 32])
    expect(told.at(-1)).toEqual({ fraction: 1, text: "sample 2 of 2" })
  })

  test("refuses what it cannot read, in words", async () => {
    const packed = makeGlb(undefined, (gltf) => ({
      ...gltf,
      extensionsUsed: ["EXT_meshopt_compression"],
      extensionsRequired: ["EXT_meshopt_compression"],
    }))
    const made = run({ ...convert, input: { name: "x.glb", bytes: packed } }).made
    expect(await failureOf(made)).toMatch(/^input: this Blender cannot read the model, which is compressed/)
  })

  test("ends by itself when its worker is killed in the middle of a picture", async () => {
    const parent = fork(fileURLToPath(new URL("../../servers/blender/parent.ts", import.meta.url)), [real ?? ""])
    const [{ rendering: folder }] = (await once(parent, "message")) as [{ rendering: string }]
    const pids = await processesIn(folder)
    expect(pids.length).toBeGreaterThan(0)
    parent.kill("SIGKILL")
    await expect.poll(() => pids.filter(isRunning), { timeout: 20_000 }).toEqual([])
    await rm(folder, { recursive: true, force: true })
  })
})

/** Processes that were started for the order in this folder. */
async function processesIn(folder: string): Promise<number[]> {
  const all = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number)
  const lines = await Promise.all(all.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")))
  return all.filter((_, i) => lines[i]?.includes(`${folder}/order.json`))
}
