import { afterEach, describe, expect, test } from "vitest"
import { LaneStop } from "#src/platform/queue/lane.ts"
import { makeGlb, PNG } from "#tests/servers/glb.ts"
import { startHunyuan, type HunyuanServer } from "#tests/servers/hunyuan3d/server.ts"
import { readJson } from "#tests/servers/local.ts"
import { attempt, failureOf, serverRef, type AttemptOptions } from "#tests/workers/backends/attempt.ts"
import { backend } from "#workers/backends/hunyuan3d.ts"

let server: HunyuanServer
afterEach(() => server.close())

const picture = { name: "cat.png", bytes: PNG }
const painted = { image: picture, texture: true }
const open = async (...[version, options]: Parameters<typeof startHunyuan>) => {
  server = await startHunyuan(version, options)
}
const run = (order: Parameters<typeof backend.order.parse>[0], options: AttemptOptions = {}) =>
  attempt(backend, server.url, order as never, options) // the schema checks it
const posted = (path: string) => server.seen.filter((it) => it.method === "POST" && it.path === path)
/** A handle of a run that was sent so long ago. */
const handleOf = (kept: unknown, ageS: number) => ({ ...(kept as object), sentAt: Date.now() - ageS * 1000 })
const probe = (settings = {}) =>
  backend.probe(serverRef("hunyuan3d", server.url, { settings }), new AbortController().signal)

describe.each(["2", "2.1"] as const)("Hunyuan3D-%s", (version) => {
  test("makes a bare shape in one request, and the model is checked", async () => {
    await open(version)
    const { files, effective } = await run({ image: picture }).made
    expect(files).toEqual([{ name: "model.glb", bytes: makeGlb(), role: "result" }])
    expect(effective).toMatchObject({ model: `Hunyuan3D-${version}`, texture: false, triangles: 2 })
    expect(posted("/generate")).toHaveLength(1)
    expect(posted("/send")).toHaveLength(0)
  })

  test("paints in a run of its own that tells its stage and keeps its handle first", async () => {
    await open(version)
    const { made, told, kept } = run(painted)
    const { files } = await made
    expect(files[0]?.bytes).toEqual(makeGlb())
    expect(kept).toHaveLength(1)
    expect(told.map((it) => it.text)).toContain(version === "2" ? "making and painting" : "painting")
  })

  test("a crashed thread stays in its status for ever: the deadline ends the run (a)", async () => {
    await open(version)
    server.next("crash")
    const first = run(painted, { onKeep: () => Promise.reject(new Error("worker dies")) })
    await expect(first.made).rejects.toThrow("worker dies")
    const late = run(painted, { handle: handleOf(first.kept[0], 1_900) })
    expect(await failureOf(late.made)).toMatch(
      /^capacity: it (made no shape|painted nothing) within \d+ s; .*not tell$/,
    )
  })

  test("painting that fails is ended by the deadline, not waited for (b)", async () => {
    await open(version)
    server.next("no texture")
    const stop = new AbortController()
    const first = run(painted, {
      signal: stop.signal,
      onProgress: ({ text }) => {
        if (text.endsWith("painting")) stop.abort(new LaneStop("handed_back", "the worker leaves"))
      },
    })
    await expect(first.made).rejects.toThrow(/leaves|aborted/)
    const late = run(painted, { handle: handleOf(first.kept[0], 1_900) })
    expect(await failureOf(late.made)).toMatch(/^capacity: it painted nothing within 1800 s/)
  })

  test("every failure is a 404 with one text, and is told as a failure (e)", async () => {
    await open(version)
    server.next("crash")
    const failure = await failureOf(run({ image: picture }).made)
    expect(failure).toMatch(/^transient: it failed and does not say why/)
    expect(failure).not.toContain("NETWORK ERROR")
  })

  test("takes one run at a time, because it does not keep runs apart itself (f)", async () => {
    await open(version)
    expect(backend.describe().slots).toBe(1)
    await run(painted).made
    await run(painted).made
    expect(server.mostAtOnce()).toBe(1)
  })

  test("a run whose name got lost is lost: the attempt ends, and another one starts it again (g)", async () => {
    await open(version)
    server.next("lost reply")
    const first = run(painted)
    expect(await failureOf(first.made)).toMatch(/^transient: the connection broke before its answer was complete/)
    expect(first.kept).toEqual([])
    await run(painted).made
    expect(server.runs()).toBe(2)
  })

  test("a file that is no model is not taken for one (h)", async () => {
    await open(version)
    server.next("broken file")
    expect(await failureOf(run({ image: picture }).made)).toBe("transient: the model it sent is broken: it is no GLB")
    server.next("lost reply")
    expect(await failureOf(run({ image: picture }).made)).toMatch(/^transient: the connection broke/)
  })

  test("a run under way is found again by its handle and not started twice", async () => {
    await open(version)
    const stop = new AbortController()
    const first = run(painted, {
      signal: stop.signal,
      onKeep: () => stop.abort(new LaneStop("handed_back", "the worker leaves")),
    })
    await expect(first.made).rejects.toThrow("the worker leaves")
    const second = run(painted, { handle: first.kept[0] })
    expect((await second.made).files).toHaveLength(1)
    expect(server.runs()).toBe(1)
  })

  test("what is no picture is refused before anything is sent", async () => {
    await open(version)
    const made = run({ image: { name: "x.png", bytes: new TextEncoder().encode("hello there") } }).made
    expect(await failureOf(made)).toBe("input: the picture is none of the kinds it takes: PNG, JPEG, WEBP")
    expect(posted("/generate")).toHaveLength(0)
  })
})

describe("Hunyuan3D-2", () => {
  test("a probe tells what it is, and that silence while it makes a shape is work", async () => {
    await open("2")
    expect(await probe()).toMatchObject({ ok: true, version: "2", detail: expect.stringContaining("Hunyuan3D-2") })
    server.hold()
    const making = run({ image: picture })
    await expect.poll(() => posted("/generate").length).toBe(1)
    const before = Date.now()
    expect(await probe()).toEqual({
      ok: true,
      busy: 1,
      detail: "it makes a shape and answers nothing meanwhile, or it hangs",
    })
    expect(Date.now() - before).toBeLessThan(5_000)
    server.release()
    expect((await making.made).files).toHaveLength(1)
  })

  test("a shape that takes too long is given to another server", async () => {
    await open("2")
    server.hold()
    const made = run({ image: picture }, { settings: { version: "2", shapeS: 1 } }).made
    expect(await failureOf(made)).toBe("capacity: it made no shape within 1 s")
  })

  test("is always asked for a GLB, because no other type is ever done there (d)", async () => {
    await open("2")
    await run(painted).made
    await run({ image: picture }).made
    for (const seen of [...posted("/send"), ...posted("/generate")])
      expect(readJson(seen)).toMatchObject({ type: "glb" })
  })

  test("a file that is seen half written is asked for again (h)", async () => {
    await open("2")
    server.next("torn file")
    const { made, told } = run(painted)
    expect((await made).files[0]?.bytes).toEqual(makeGlb())
    expect(told.at(-1)).toEqual({ text: "writing the file" })
  })

  test("started without --enable_tex it never ends a textured run, and the reason is named (j)", async () => {
    await open("2", { enableTex: false })
    const stuck = run(painted, { onKeep: () => Promise.reject(new Error("stop here")) })
    await expect(stuck.made).rejects.toThrow("stop here")
    const late = run(painted, { handle: handleOf(stuck.kept[0], 1_900) })
    expect(await failureOf(late.made)).toContain("as without --enable_tex")
    // Where the operator says so, it gets no such order.
    const told = run(painted, { settings: { texture: false } })
    expect(await failureOf(told.made)).toBe("capacity: it makes shapes without textures only")
  })

  test("paints a given model, and says which values it used", async () => {
    await open("2")
    const order = { ...painted, mesh: { name: "ring.glb", bytes: makeGlb() }, seed: 7, remove_background: false }
    const { effective } = await run(order).made
    expect(readJson(posted("/send")[0] as never)["mesh"]).toBe(Buffer.from(makeGlb()).toString("base64"))
    expect(effective).toMatchObject({
      seed: 7,
      octree_resolution: 128,
      num_inference_steps: 5,
      guidance_scale: 5,
      face_count: 40_000,
      ignored: ["remove_background"],
    })
  })
})

describe("Hunyuan3D-2.1", () => {
  test("ignores most of what it is asked for, and the result says so (c)", async () => {
    await open("2.1")
    const order = { image: picture, seed: 7, octree_resolution: 512, num_inference_steps: 20, guidance_scale: 7 }
    const { effective } = await run(order).made
    expect(effective["ignored"]).toEqual([
      "seed",
      "octree_resolution",
      "num_inference_steps",
      "guidance_scale",
      "remove_background",
    ])
    expect(effective).not.toHaveProperty("seed")
  })

  test("a restart wipes its files: the run is lost at once, not at its deadline (i)", async () => {
    await open("2.1")
    const { made } = run(painted, { onKeep: () => server.restart() })
    expect(await failureOf(made)).toBe("transient: it was restarted, and wipes its files when it starts")
  })

  test("a handle of before a restart is not waited for: the run is started again (i)", async () => {
    await open("2.1")
    const first = run(painted, { onKeep: () => Promise.reject(new Error("worker dies")) })
    await expect(first.made).rejects.toThrow("worker dies")
    server.restart()
    expect((await run(painted, { handle: first.kept[0] }).made).files).toHaveLength(1)
    expect(server.runs()).toBe(2)
    const before = (await probe()).instanceId
    server.restart()
    expect((await probe()).instanceId).not.toBe(before)
  })

  test("a file that the server cannot read itself is a failure", async () => {
    await open("2.1")
    server.next("unreadable")
    expect(await failureOf(run(painted).made)).toBe("transient: it failed: Failed to read generated file")
  })

  test("cannot paint a given model: the order goes to another server", async () => {
    await open("2.1")
    const made = run({ ...painted, mesh: { name: "ring.glb", bytes: makeGlb() } }).made
    expect(await failureOf(made)).toBe("capacity: it cannot paint a given model (Hunyuan3D-2 can)")
  })
})

test("a probe tells a server that is away, another version than its settings say, and another kind of server", async () => {
  await open("2.1")
  expect(await probe({ version: "2" })).toMatchObject({
    ok: false,
    detail: expect.stringContaining("is Hunyuan3D-2.1"),
  })
  const elsewhere = serverRef("hunyuan3d", `${server.url}/elsewhere`)
  expect(await backend.probe(elsewhere, new AbortController().signal)).toMatchObject({ ok: false })
  await server.close()
  expect(await probe()).toEqual({ ok: false, detail: "it cannot be reached (ECONNREFUSED)" })
  await open("2")
})

test("the operator is told where the weights may not be used", () => {
  const note = backend.describe().licenceNote
  for (const place of ["European Union", "United Kingdom", "South Korea", "one million"]) expect(note).toContain(place)
  return open("2")
})
