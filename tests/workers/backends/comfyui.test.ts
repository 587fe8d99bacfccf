import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, describe, expect, test } from "vitest"
import { loadConfig } from "#src/platform/config.ts"
import { createLog } from "#src/platform/log.ts"
import { LaneStop } from "#src/platform/queue/lane.ts"
import { png } from "#tests/servers/comfyui/media.ts"
import { startComfyUi, type ComfyUi } from "#tests/servers/comfyui/server.ts"
import type { Options } from "#tests/servers/comfyui/state.ts"
import { attempt, failureOf, serverRef, type AttemptOptions } from "#tests/workers/backends/attempt.ts"
import { backend } from "#workers/backends/comfyui.ts"
import { runOnServer } from "#workers/run-on-server.ts"

let comfy: ComfyUi
afterEach(() => comfy.close())
const open = async (options: Options = {}) => {
  comfy = await startComfyUi(options)
}

type Graph = Record<string, { class_type: string; inputs: Record<string, unknown> }>
const picture: Graph = {
  "1": { class_type: "EmptyImage", inputs: { width: 32, height: 16, batch_size: 1, color: 0x0000ff } },
  "2": { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "atelier/blue" } },
}
/** Takes its time, and tells its steps. */
const slow = (seconds: number, previews = false): Graph => ({
  ...picture,
  "2": { class_type: "SaveImage", inputs: { images: ["3", 0], filename_prefix: "slow" } },
  "3": { class_type: "TestSleep", inputs: { image: ["1", 0], seconds, steps: Math.max(5, seconds * 25), previews } },
})
const models = {
  checkpoints: ["sdxl\\base.safetensors"],
  vae: ["ae.safetensors"],
  diffusion_models: ["wan.safetensors"],
}
const sampled = (inputs: Record<string, unknown> = {}): Graph => ({
  "1": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "sdxl/base.safetensors" } },
  "2": { class_type: "CLIPTextEncode", inputs: { text: "a ring", clip: ["1", 1] } },
  "3": { class_type: "EmptyLatentImage", inputs: { width: 64, height: 64, batch_size: 1 } },
  "4": {
    class_type: "KSampler",
    inputs: {
      model: ["1", 0],
      positive: ["2", 0],
      negative: ["2", 0],
      latent_image: ["3", 0],
      seed: 7,
      steps: 6,
      cfg: 7,
      sampler_name: "euler",
      scheduler: "normal",
      denoise: 1,
      ...inputs,
    },
  },
  "5": { class_type: "VAEDecode", inputs: { samples: ["4", 0], vae: ["1", 2] } },
  "6": { class_type: "SaveImage", inputs: { images: ["5", 0], filename_prefix: "ring" } },
})
const model3d: Graph = {
  "1": { class_type: "ImageOnlyCheckpointLoader", inputs: { ckpt_name: "sdxl/base.safetensors" } },
  "2": { class_type: "EmptyLatentHunyuan3Dv2", inputs: { resolution: 3072, batch_size: 1 } },
  "3": {
    class_type: "VAEDecodeHunyuan3D",
    inputs: { samples: ["2", 0], vae: ["1", 2], num_chunks: 8000, octree_resolution: 256 },
  },
  "4": { class_type: "VoxelToMesh", inputs: { voxel: ["3", 0], algorithm: "surface net", threshold: 0.6 } },
  "5": { class_type: "SaveGLB", inputs: { mesh: ["4", 0], filename_prefix: "mesh" } },
}

interface Order {
  graph: Graph
  uploads?: { name: string; mediaType: string; bytes?: Uint8Array; path?: string }[]
  outputs?: string[]
}
const run = (order: Order, options: AttemptOptions = {}) =>
  attempt(backend, comfy.url, order, { settings: { poll_ms: 40 }, ...options })
const probe = () => backend.probe(serverRef("comfyui", comfy.url), new AbortController().signal)
const idOf = (kept: unknown) => (kept as { promptId: string }).promptId
const until = async (isTrue: () => boolean) => {
  for (let waits = 0; !isTrue(); waits++) {
    if (waits > 400) throw new Error("it never happened")
    await sleep(10)
  }
}
const isRunning = () => comfy.running() !== undefined && comfy.running() === comfy.posted.at(-1)
/** A worker that dies, as far as the server can see it. */
const dies = () => new LaneStop("lease_lost", "gone")

describe.each(["0.3.64", "0.38.1"] as const)("ComfyUI %s", (version) => {
  test("a graph is run once, under an id that was kept before it was sent", async () => {
    await open({ version })
    let postedAtKeep = -1
    const { made, kept } = run({ graph: picture }, { onKeep: () => void (postedAtKeep = comfy.posted.length) })
    const { files, effective } = await made
    expect(files).toHaveLength(1)
    const [file] = files
    expect(file?.name).toMatch(/^blue_[0-9a-f]{8}_00001_\.png$/)
    const bytes = Buffer.from(file?.bytes ?? [])
    expect([bytes.toString("latin1", 1, 4), bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual(["PNG", 32, 16])
    expect(effective).toMatchObject({ width: 32, height: 16 })
    expect(comfy.posted).toEqual([idOf(kept[0])])
    expect(postedAtKeep).toBe(0)
  })

  test("progress names the nodes and their steps, and never goes back", async () => {
    await open({ version, models, stepMs: 30 })
    const { made, told } = run({ graph: sampled({ steps: 40 }) })
    await made
    const fractions = told.flatMap(({ fraction }) => (fraction === undefined ? [] : [fraction]))
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b))
    expect(told.map(({ text }) => text).join("\n")).toMatch(/KSampler, step \d+ of 40/)
    // 40 steps and their states are 80 events in a second; two of them a second are told.
    expect(told.length).toBeLessThan(8)
  })

  test("the socket ends a run at once, long before the next look", async () => {
    await open({ version })
    expect((await run({ graph: slow(0.1) }, { settings: { poll_ms: 60_000 } }).made).files).toHaveLength(1)
  })

  test("a worker that dies is followed by one that takes the same run", async () => {
    await open({ version })
    const death = new AbortController()
    const first = run({ graph: slow(0.5) }, { signal: death.signal })
    await until(isRunning)
    death.abort(dies())
    await expect(first.made).rejects.toThrow("gone")
    const second = run({ graph: slow(0.5) }, { handle: first.kept[0] })
    expect((await second.made).files).toHaveLength(1)
    expect(second.told.map(({ text }) => text).join("\n")).toMatch(/TestSleep, step/)
    expect(comfy.posted).toEqual([idOf(first.kept[0])])
  })

  test("a worker that dies between keeping and sending leaves a run that is still to be sent, once", async () => {
    await open({ version })
    const first = run({ graph: picture }, { onKeep: () => Promise.reject(new Error("dead")) })
    await expect(first.made).rejects.toThrow("dead")
    expect(comfy.posted).toEqual([])
    const second = run({ graph: picture }, { handle: first.kept[0] })
    await second.made
    expect(comfy.posted).toEqual([idOf(first.kept[0])])
  })

  test("an answer that is lost after the graph was taken does not make it run twice", async () => {
    await open({ version, faults: { post: "cut_after" } })
    await run({ graph: picture }).made
    expect(comfy.posted).toHaveLength(1)
  })

  test("a connection that breaks before the graph was taken is tried again", async () => {
    await open({ version, faults: { post: "cut_before" } })
    await run({ graph: picture }).made
    expect(comfy.posted).toHaveLength(1)
    expect(comfy.requests.filter((it) => it === "POST /prompt")).toHaveLength(2)
  })

  test("a run that waits is taken out of the queue, and the one before it goes on", async () => {
    await open({ version })
    const foreign = comfy.queueForeign(slow(0.4))
    const stop = new AbortController()
    const { made, told, kept } = run({ graph: picture }, { signal: stop.signal })
    await until(() => told.some(({ text }) => /waiting on workhorse, 1 before it/.test(text)))
    stop.abort(new LaneStop("cancelled", "enough"))
    await expect(made).rejects.toThrow("enough")
    expect(comfy.graph(idOf(kept[0]))).toBeUndefined()
    expect(comfy.running()).toBe(foreign)
    await until(() => comfy.outputs().some((name) => name.startsWith("slow")))
  })

  test("a running one is stopped at its next step, and nobody else's is", async () => {
    await open({ version })
    const stop = new AbortController()
    const { made, kept } = run({ graph: slow(20) }, { signal: stop.signal })
    await until(isRunning)
    const foreign = comfy.queueForeign(slow(0.1))
    stop.abort(new LaneStop("cancelled", "enough"))
    await expect(made).rejects.toThrow("enough")
    await until(() => comfy.running() === foreign)
    expect(comfy.interrupts).toEqual(version === "0.3.64" ? [idOf(kept[0])] : [])
    await until(() => comfy.outputs().some((name) => name.startsWith("slow")))
  })

  test("a server that was started again has forgotten the run, and gets it anew", async () => {
    await open({ version })
    const { made, kept } = run({ graph: slow(20) })
    await until(isRunning)
    await comfy.kill()
    await comfy.start()
    expect(await failureOf(made)).toMatch(/^transient: it does not know the run any more/)
    expect((await run({ graph: picture }, { handle: kept[0] }).made).files).toHaveLength(1)
    expect(comfy.posted).toEqual([idOf(kept[0]), idOf(kept[0])])
  })

  test("what a node says of its failure comes in one line, without its tensors", async () => {
    await open({ version })
    const failing = {
      ...slow(0),
      "3": {
        class_type: "TestError",
        inputs: { image: ["1", 0], exception_type: "ValueError", exception_message: "bad shape\nmany\nlines" },
      },
    }
    expect(await failureOf(run({ graph: failing }).made)).toBe("fatal: TestError failed: bad shape")
  })

  test("memory that ran out is freed, and the run made once more", async () => {
    await open({ version, models, faults: { memory: "until_freed" } })
    expect((await run({ graph: sampled() }).made).files).toHaveLength(1)
    expect(comfy.freed()).toBe(1)
    expect(comfy.posted).toHaveLength(2)
  })

  test("memory that runs out again is too small", async () => {
    await open({ version, models, faults: { memory: "always" } })
    expect(await failureOf(run({ graph: sampled() }).made)).toMatch(
      /^capacity: its GPU memory is too small for KSampler/,
    )
    expect(comfy.posted).toHaveLength(2)
  })

  test("somebody who interrupts it in the page makes it run again elsewhere", async () => {
    await open({ version })
    const { made } = run({ graph: slow(20) })
    await until(isRunning)
    comfy.interrupt()
    expect(await failureOf(made)).toBe("transient: somebody else interrupted the run there")
  })

  test("a node that the server lacks is named before anything is queued", async () => {
    await open({ version, models, without: ["KSampler"] })
    expect(await failureOf(run({ graph: sampled() }).made)).toBe(
      "capacity: it has no node KSampler (node 4 of the graph): install what brings it, or choose another preset",
    )
    expect(comfy.requests).not.toContain("POST /prompt")
  })

  test("a graph of which only a part is good is not half run", async () => {
    await open({ version, models })
    const half: Graph = {
      ...slow(20),
      "9": { class_type: "SaveImage", inputs: { images: ["8", 0], filename_prefix: "x" } },
    }
    half["8"] = { class_type: "EmptyLatentImage", inputs: { width: 64, height: 64, batch_size: 1 } }
    expect(await failureOf(run({ graph: half }).made)).toMatch(/^input: it refused the graph: Return type mismatch/)
    await until(() => comfy.running() === undefined)
    expect(comfy.outputs()).toEqual([])
  })

  test("its cache may name a file that is gone: the run is made once more, past the cache", async () => {
    await open({ version })
    comfy.faults.view = "gone_once"
    const { made, kept } = run({ graph: picture })
    expect((await made).files).toHaveLength(1)
    expect(kept.map(idOf)).toEqual(comfy.posted)
    expect(comfy.graph(comfy.posted[1] ?? "")?.["2"]?.inputs["atelier_run"]).toBe(comfy.posted[1])
  })

  test.each([
    ["no_outputs", "it says that it is done, but gives nothing"],
    ["other_files", "it gives a file of another run"],
    ["other_run", "it answers for another run than it is asked for"],
  ] as const)("a server that lies (%s) is not believed", async (lie, words) => {
    await open({ version, faults: { lie } })
    comfy.queueForeign(picture)
    await until(() => comfy.outputs().length === 1)
    expect(await failureOf(run({ graph: slow(0) }).made)).toMatch(`transient: ${words}`)
  })
})

describe("files", () => {
  test("a slow download is waited for", async () => {
    await open({ faults: { view: "slow" } })
    expect((await run({ graph: picture }).made).files).toHaveLength(1)
  })

  test("one that stands still is given up", async () => {
    await open({ faults: { view: "stalled" } })
    const { made } = run({ graph: picture }, { settings: { poll_ms: 20, silence_s: 0.1 } })
    expect(await failureOf(made)).toMatch(/^transient: /)
  })

  test("half a model is refused", async () => {
    await open({ models: { checkpoints: ["sdxl/base.safetensors"] }, faults: { view: "half" } })
    expect(await failureOf(run({ graph: model3d }).made)).toMatch(
      /^transient: its file mesh_\w+_00001_\.glb is not whole/,
    )
    comfy.faults.view = undefined
    const { files } = await run({ graph: model3d }).made
    expect(Buffer.from(files[0]?.bytes ?? []).toString("latin1", 0, 4)).toBe("glTF")
  })

  test("a picture that the disk does not keep is not looked for for ever", async () => {
    await open({ faults: { view: "gone" } })
    expect(await failureOf(run({ graph: picture }).made)).toMatch(
      /^transient: the file that it has just made is not there/,
    )
    expect(comfy.posted).toHaveLength(2)
  })

  test("only the files of the outputs that were asked for are the result; previews of nodes never are", async () => {
    await open()
    const graph: Graph = {
      ...picture,
      "5": { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "poster" } },
      "6": { class_type: "PreviewImage", inputs: { images: ["1", 0] } },
    }
    const names = async (order: Order) => (await run(order).made).files.map(({ name }) => name.replace(/_.*/, ""))
    expect(await names({ graph })).toEqual(["blue", "poster"])
    expect(await names({ graph, outputs: ["5"] })).toEqual(["poster"])
  })
})

describe("what a server must have", () => {
  test("a model file is looked for in its folder, whichever slashes the server writes", async () => {
    await open({ models })
    expect((await run({ graph: sampled() }).made).files).toHaveLength(1)
    expect(comfy.graph(comfy.posted[0] ?? "")?.["1"]?.inputs["ckpt_name"]).toBe("sdxl\\base.safetensors")
  })

  test("one that is missing is named with its folder, and found as soon as it is there", async () => {
    await open()
    expect(await failureOf(run({ graph: sampled() }).made)).toBe(
      "capacity: sdxl/base.safetensors is not in models/checkpoints of workhorse; put it there or choose another preset",
    )
    comfy.addModels("checkpoints", "sdxl/base.safetensors")
    expect((await run({ graph: sampled() }).made).files).toHaveLength(1)
  })

  test("a value out of range or a choice it does not have is told with the node", async () => {
    await open({ models })
    expect(await failureOf(run({ graph: sampled({ steps: 0 }) }).made)).toBe(
      "input: steps of KSampler (node 4) is 0, and this server takes 1 to 10000",
    )
    expect(await failureOf(run({ graph: sampled({ sampler_name: "magic" }) }).made)).toBe(
      'capacity: sampler_name of KSampler (node 4) cannot be "magic" on this server',
    )
    expect(comfy.posted).toEqual([])
  })

  test("what only the server finds wrong is told in its own words", async () => {
    await open({ models })
    const { latent_image: _, ...without } = sampled()["4"]?.inputs ?? {}
    const graph = { ...sampled(), "4": { class_type: "KSampler", inputs: without } }
    expect(await failureOf(run({ graph }).made)).toBe(
      "input: it refused the graph: Required input is missing (latent_image, in KSampler, node 4)",
    )
  })

  test("a link to nowhere never reaches it", async () => {
    await open()
    await expect(
      run({ graph: { ...picture, "1": { class_type: "ImageInvert", inputs: { image: ["7", 0] } } } }).made,
    ).rejects.toThrow("a link names a node that is not in the graph")
  })
})

describe("pictures that are sent", () => {
  const graph: Graph = {
    "1": { class_type: "LoadImage", inputs: { image: "reference" } },
    "2": { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "copy" } },
  }

  test("have names by their content, and are sent once", async () => {
    await open()
    const folder = await mkdtemp(join(tmpdir(), "atelier-comfy-"))
    const bytes = png({ width: 20, height: 30, count: 1, color: 1 })
    await writeFile(join(folder, "a.png"), bytes)
    const uploads = [{ name: "reference", mediaType: "image/png", path: join(folder, "a.png") }]
    const { files } = await run({ graph, uploads }).made
    await run({ graph, uploads: [{ name: "reference", mediaType: "image/png", bytes }] }).made
    await rm(folder, { recursive: true })
    expect(Buffer.from(files[0]?.bytes ?? []).readUInt32BE(20)).toBe(30)
    expect(comfy.requests.filter((it) => it === "POST /upload/image")).toHaveLength(1)
    expect(comfy.inputs().at(-1)).toMatch(/^atelier-[0-9a-f]{40}\.png$/)
  })

  test("must be read by some node, and be something that it takes", async () => {
    await open()
    const bytes = new Uint8Array(3)
    await expect(run({ graph, uploads: [{ name: "other", mediaType: "image/png", bytes }] }).made).rejects.toThrow(
      "an upload that no node reads",
    )
    const wrong = run({ graph, uploads: [{ name: "reference", mediaType: "text/html", bytes }] })
    expect(await failureOf(wrong.made)).toBe("input: it takes no files of the type text/html")
  })
})

describe("the socket is a hint", () => {
  test.each([
    ["says nothing", { silent: true }],
    ["is refused", { noSockets: true }],
  ])("a run ends as well while it %s", async (_, faults) => {
    await open({ faults })
    const { made, told } = run({ graph: slow(0.1) })
    expect((await made).files).toHaveLength(1)
    expect(told.map(({ text }) => text)).toContain("running on workhorse")
  })

  test("it comes back after a break, and tells the rest", async () => {
    await open()
    const { made, told } = run({ graph: slow(1.4) })
    await until(() => told.length > 0)
    comfy.cutSockets()
    await sleep(100)
    const before = told.length
    await made
    expect(
      told
        .slice(before)
        .map(({ text }) => text)
        .join("\n"),
    ).toMatch(/TestSleep, step/)
  })

  test("previews come with the run that they are of, at most two a second", async () => {
    await open()
    comfy.queueForeign(slow(0.2, true))
    const pictures: { mediaType: string; bytes: Uint8Array }[] = []
    const { signal } = new AbortController()
    await runOnServer(
      backend,
      { graph: slow(0.3, true) },
      {
        server: serverRef("comfyui", comfy.url, { settings: { poll_ms: 40 } }),
        signal,
        log: createLog("silent"),
        config: loadConfig({}, "/nonexistent/.env"),
        progress: () => undefined,
        keep: async () => undefined,
      },
      { preview: (it) => void pictures.push(it) },
    )
    expect(pictures).toHaveLength(1)
    expect(pictures[0]?.mediaType).toBe("image/png")
    expect(Buffer.from(pictures[0]?.bytes ?? []).readUInt32BE(16)).toBe(8)
  })

  test("events of others on the same server are theirs", async () => {
    await open()
    comfy.queueForeign(slow(0.2))
    const { made, told } = run({ graph: picture })
    await made
    expect(told.map(({ text }) => text).join("\n")).not.toMatch(/TestSleep/)
  })

  test("two runs of one worker share a connection and hear of themselves only", async () => {
    await open()
    const one = run({ graph: slow(0.2) })
    const two = run({ graph: picture })
    await until(() => comfy.posted.length === 2)
    expect(comfy.sockets()).toBe(1)
    await Promise.all([one.made, two.made])
    expect(two.told.map(({ text }) => text).join("\n")).not.toMatch(/TestSleep/)
    await until(() => comfy.sockets() === 0)
  })

  test("a server that fails some requests is asked again", async () => {
    await open()
    const { made } = run({ graph: slow(0.2) })
    await until(isRunning)
    comfy.faults.fail = { path: /jobs|history|queue/, status: 500, times: 3 }
    expect((await made).files).toHaveLength(1)
  })
})

describe("probe", () => {
  test("tells version, memory, what waits, nodes and files", async () => {
    await open({ vramMb: 24_576, models })
    comfy.queueForeign(slow(1))
    comfy.queueForeign(picture)
    const found = await probe()
    expect(found).toMatchObject({
      ok: true,
      detail: "ComfyUI 0.38.1 on NVIDIA GeForce RTX 4090, 24 GB",
      version: "0.38.1",
      vramMb: 24_576,
      busy: 2,
    })
    expect(found.inventory).toEqual(
      expect.arrayContaining(["node:KSampler", "checkpoints/sdxl/base.safetensors", "vae/ae.safetensors"]),
    )
  })

  test("has one name for a server until that is started again", async () => {
    await open()
    const before = (await probe()).instanceId
    await run({ graph: picture }).made
    expect(before).toBeDefined()
    expect((await probe()).instanceId).toBe(before)
    await comfy.kill()
    expect(await probe()).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/cannot be reached.*is ComfyUI running/) as string,
    })
    await comfy.start()
    const after = (await probe()).instanceId
    expect(after).toBeDefined()
    expect(after).not.toBe(before)
  })

  test("lists models by folder, and frees memory", async () => {
    await open({ models })
    const server = serverRef("comfyui", comfy.url)
    const { signal } = new AbortController()
    expect(await backend.models?.(server, signal)).toMatchObject({ checkpoints: ["sdxl/base.safetensors"], loras: [] })
    await backend.free?.(server, signal)
    await until(() => comfy.freed() === 1)
  })
})

test("a server process that is killed in the middle of a run is noticed, and the run made anew when it is back", async () => {
  await open()
  const main = new URL("../../servers/comfyui/main.ts", import.meta.url)
  const spawned = async (port: string) => {
    const child = spawn(process.execPath, [main.pathname, "--port", port], { stdio: ["ignore", "pipe", "inherit"] })
    const [line] = (await once(child.stdout, "data")) as [Buffer]
    return { child, url: line.toString().trim() }
  }
  const { child, url } = await spawned("0")
  const { made, kept, told } = attempt(backend, url, { graph: slow(20) }, { settings: { poll_ms: 40 } })
  await until(() => told.some(({ text }) => text.startsWith("TestSleep")))
  child.kill("SIGKILL")
  await once(child, "exit")
  const again = await spawned(new URL(url).port)
  expect(await failureOf(made)).toMatch(/^transient: /)
  const second = attempt(backend, url, { graph: picture }, { handle: kept[0], settings: { poll_ms: 40 } })
  expect((await second.made).files).toHaveLength(1)
  again.child.kill("SIGKILL")
})
