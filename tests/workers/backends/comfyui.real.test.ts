import { exec } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import { describe, expect, test } from "vitest"
import { LaneStop } from "#src/platform/queue/lane.ts"
import { png } from "#tests/servers/comfyui/media.ts"
import { attempt, failureOf, serverRef, type AttemptOptions } from "#tests/workers/backends/attempt.ts"
import { backend } from "#workers/backends/comfyui.ts"

/** `COMFYUI_URL=http://127.0.0.1:8188 npm run test:comfy`: against a real ComfyUI, without models and without a GPU. */
const url = process.env["COMFYUI_URL"] ?? ""
/** A command that kills that server and starts it again; comes back when it has, or before. */
const restart = process.env["COMFYUI_RESTART"] ?? ""

type Graph = Record<string, { class_type: string; inputs: Record<string, unknown> }>
/** Another colour is another run; the same one comes from the cache. */
const picture = (color: number): Graph => ({
  "1": { class_type: "EmptyImage", inputs: { width: 64, height: 32, batch_size: 1, color } },
  "2": { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "atelier-test/picture" } },
})
/** Some seconds on a processor, in several nodes: a run is stopped between them. */
const slow = (color: number, nodes = 8): Graph => {
  const graph: Graph = {
    "1": { class_type: "EmptyImage", inputs: { width: 2048, height: 2048, batch_size: 4, color } },
    "2": { class_type: "SaveImage", inputs: { images: [`${10 + nodes}`, 0], filename_prefix: "atelier-test/slow" } },
  }
  for (let at = 0; at <= nodes; at++) {
    const size = at === nodes ? 64 : 2000 + at
    graph[`${10 + at}`] = {
      class_type: "ImageScale",
      inputs: {
        image: [at === 0 ? "1" : `${9 + at}`, 0],
        upscale_method: "lanczos",
        width: size,
        height: size,
        crop: "disabled",
      },
    }
  }
  return graph
}
const anyColor = () => Math.floor(Math.random() * 0xffffff)
const run = (
  graph: Graph,
  options: AttemptOptions & { uploads?: { name: string; mediaType: string; bytes: Uint8Array }[] } = {},
) => attempt(backend, url, { graph, ...(options.uploads && { uploads: options.uploads }) }, options)
const has = (told: { text: string }[], words: RegExp) => told.some(({ text }) => words.test(text))
const until = async (isTrue: () => boolean) => {
  for (let waits = 0; !isTrue(); waits++) {
    if (waits > 600) throw new Error("it never happened")
    await sleep(50)
  }
}
const signal = () => new AbortController().signal

describe.skipIf(url === "")(`ComfyUI at ${url || "COMFYUI_URL, which is not set"}`, { timeout: 120_000 }, () => {
  test("says what it is, and keeps one name", async () => {
    const server = serverRef("comfyui", url)
    const found = await backend.probe(server, signal())
    expect(found).toMatchObject({ ok: true, detail: expect.stringMatching(/^ComfyUI \d/) as string })
    expect(found.inventory).toEqual(expect.arrayContaining(["node:EmptyImage", "node:SaveImage"]))
    expect(found.instanceId).toBeDefined()
    expect((await backend.probe(server, signal())).instanceId).toBe(found.instanceId)
    expect(Object.keys((await backend.models?.(server, signal())) ?? {})).toContain("checkpoints")
  })

  test("makes a picture, tells its nodes, and finds it in its cache the next time", async () => {
    const color = anyColor()
    const first = run(picture(color))
    const { files } = await first.made
    expect(Buffer.from(files[0]?.bytes ?? []).readUInt32BE(16)).toBe(64)
    const { effective, files: again } = await run(picture(color)).made
    expect(effective["cached_nodes"]).toBeGreaterThan(0)
    expect(again[0]?.name).not.toBe(files[0]?.name)
  })

  test("takes a picture and gives it back", async () => {
    const graph: Graph = {
      "1": { class_type: "LoadImage", inputs: { image: "reference" } },
      "2": { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "atelier-test/copy" } },
    }
    const bytes = png({ width: 24, height: 40, count: 1, color: anyColor() })
    const { files } = await run(graph, { uploads: [{ name: "reference", mediaType: "image/png", bytes }] }).made
    expect(Buffer.from(files[0]?.bytes ?? []).readUInt32BE(20)).toBe(40)
    const broken = new Uint8Array([...bytes.subarray(0, 60), anyColor() % 256, anyColor() % 256])
    const failed = run(graph, { uploads: [{ name: "reference", mediaType: "image/png", bytes: broken }] })
    expect(await failureOf(failed.made)).toMatch(/^fatal: LoadImage failed: |^input: /)
  })

  test("lacks nodes, and has limits", async () => {
    const unknown = { ...picture(1), "3": { class_type: "AtelierNoSuchNode", inputs: {} } }
    expect(await failureOf(run(unknown).made)).toMatch(/^capacity: it has no node AtelierNoSuchNode/)
    const none = {
      ...picture(1),
      "1": { class_type: "EmptyImage", inputs: { width: 0, height: 9, batch_size: 1, color: 0 } },
    }
    expect(await failureOf(run(none).made)).toMatch(/^input: width of EmptyImage \(node 1\) is 0/)
    const { "1": image } = picture(1)
    expect(await failureOf(run({ "1": image as Graph[string] }).made)).toMatch(
      /^input: it refused the graph: Prompt has no outputs/,
    )
  })

  test("is heard over its socket long before the next look", async () => {
    const { made, told } = run(slow(anyColor(), 5), { settings: { poll_ms: 60_000 } })
    expect((await made).files).toHaveLength(4)
    expect(has(told, /ImageScale/)).toBe(true)
  })

  test("goes on while a worker dies, and gives the run to the next", async () => {
    const death = new AbortController()
    const graph = slow(anyColor())
    const first = run(graph, { signal: death.signal })
    await until(() => has(first.told, /ImageScale/))
    death.abort(new LaneStop("lease_lost", "gone"))
    await expect(first.made).rejects.toThrow("gone")
    const second = run(graph, { handle: first.kept[0] })
    expect((await second.made).files).toHaveLength(4)
    expect(second.kept).toEqual([first.kept[0]])
  })

  test("stops a running and a waiting run, and nothing else", async () => {
    const [stopRunning, stopWaiting] = [new AbortController(), new AbortController()]
    const running = run(slow(anyColor(), 12), { signal: stopRunning.signal })
    await until(() => has(running.told, /ImageScale/))
    const waiting = run(picture(anyColor()), { signal: stopWaiting.signal })
    await until(() => has(waiting.told, /waiting on/))
    const after = run(picture(anyColor()))
    stopWaiting.abort(new LaneStop("cancelled", "enough"))
    stopRunning.abort(new LaneStop("cancelled", "enough"))
    await expect(waiting.made).rejects.toThrow("enough")
    await expect(running.made).rejects.toThrow("enough")
    expect((await after.made).files).toHaveLength(1)
    const server = serverRef("comfyui", url)
    expect((await backend.probe(server, signal())).busy).toBe(0)
  })

  test.skipIf(restart === "")("forgets a run when it is started again, and says so", { timeout: 300_000 }, async () => {
    const server = serverRef("comfyui", url)
    const before = (await backend.probe(server, signal())).instanceId
    const { made, told, kept } = run(slow(anyColor(), 40))
    await until(() => has(told, /ImageScale/))
    await promisify(exec)(restart)
    expect(await failureOf(made)).toMatch(/^transient: /)
    for (let waits = 0; !(await backend.probe(server, signal())).ok && waits < 120; waits++) await sleep(1_000)
    expect((await backend.probe(server, signal())).instanceId).not.toBe(before)
    expect((await run(slow(anyColor(), 1), { handle: kept[0] }).made).files).toHaveLength(4)
  })
})
