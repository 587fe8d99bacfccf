import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { LaneStop } from "#src/platform/queue/lane.ts"
import { makeGlb, PNG } from "#tests/servers/glb.ts"
import { readJson, serveLocally } from "#tests/servers/local.ts"
import { startMeshy, type MeshyServer } from "#tests/servers/meshy/server.ts"
import { attempt, failureOf, serverRef, type AttemptOptions } from "#tests/workers/backends/attempt.ts"
import { backend } from "#workers/backends/meshy.ts"

const KEY = "msy_0123456789abcdef"
let server: MeshyServer
beforeEach(async () => {
  vi.stubEnv("MESHY_TEST_KEY", KEY)
  server = await startMeshy(KEY)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server.close()
})

const image = { task: "image-to-3d", image: { name: "cat.png", bytes: PNG } } as const
const words = { task: "text-to-3d", prompt: "a monster mask" } as const
type Order = Parameters<typeof attempt<typeof backend.order, typeof backend.handle, typeof backend.settings>>[2]
const run = (order: Order, options: AttemptOptions = {}) =>
  attempt(backend, server.url, order, { keyEnv: "MESHY_TEST_KEY", ...options })
const created = () => server.seen.filter((it) => it.method === "POST").map((it) => readJson(it))
const probe = (keyEnv = "MESHY_TEST_KEY") =>
  backend.probe(serverRef("meshy", server.url, { keyEnv }), new AbortController().signal)

describe("a picture", () => {
  test("becomes a model in one task, with its progress and what it cost", async () => {
    const { made, told, log } = run({ ...image, pbr: true, polycount: 5_000 })
    expect(await made).toEqual({
      files: [{ name: "model.glb", bytes: makeGlb(), role: "result" }],
      effective: { model: "latest", texture: true, triangles: 2, textures: 0, credits: 20 },
    })
    expect(created()).toEqual([
      {
        image_url: `data:image/png;base64,${Buffer.from(PNG).toString("base64")}`,
        ai_model: "latest",
        should_texture: true,
        enable_pbr: true,
        target_polycount: 5_000,
        should_remesh: true,
        target_formats: ["glb"],
      },
    ])
    expect(told.map((it) => it.text)).toEqual([
      "sending the order",
      "waiting on workhorse, 2 before it",
      "making the model, 40 %",
      "fetching the model",
    ])
    expect(log.join("\n")).not.toMatch(/msy_|s1gned/)
  })

  test("that is neither PNG nor JPEG is refused before it costs anything", async () => {
    const webp = new Uint8Array(Buffer.from("RIFF\0\0\0\0WEBPVP8 "))
    const made = run({ ...image, image: { name: "x.webp", bytes: webp } }).made
    expect(await failureOf(made)).toBe("input: the picture is none of the kinds it takes: PNG, JPEG")
    expect(server.seen).toEqual([])
  })
})

describe("words", () => {
  test("become a shape that is painted in a second task, each half of the way", async () => {
    const { made, told, kept } = run({ ...words, texturePrompt: "gold" })
    expect((await made).effective).toMatchObject({ credits: 10, triangles: 2 })
    expect(server.tasks()).toEqual(["preview", "refine"])
    expect(created()[1]).toMatchObject({ mode: "refine", texture_prompt: "gold", preview_task_id: expect.any(String) })
    const fractions = told.flatMap((it) => it.fraction ?? [])
    expect(fractions).toEqual([0, 0.2, 0.5, 0.7, 1])
    // The second task is kept before it is created, and again when it has a name.
    expect(kept.map((it) => [(it as { stage: string }).stage, "id" in (it as object)])).toEqual([
      ["preview", true],
      ["refine", false],
      ["refine", true],
    ])
  })

  test("without texture end with the shape", async () => {
    await run({ ...words, texture: false }).made
    expect(server.tasks()).toEqual(["preview"])
  })

  test("are not paid twice when the worker leaves between shape and painting, or later", async () => {
    for (const last of [1, 2, 3]) {
      const stop = new AbortController()
      const first = run(words, {
        signal: stop.signal,
        onKeep: () => {
          if (first.kept.length === last) stop.abort(new LaneStop("handed_back", "the worker leaves"))
        },
      })
      await expect(first.made).rejects.toThrow(/leaves|aborted/)
      expect((await run(words, { handle: first.kept.at(-1) }).made).files).toHaveLength(1)
      expect(server.tasks()).toEqual(["preview", "refine"])
      server.tasks().length = 0
    }
  })
})

describe("a task", () => {
  test("that the service forgot is lost, and started again by the next attempt", async () => {
    const first = run(image, { onKeep: () => server.forget() })
    expect(await failureOf(first.made)).toBe("transient: it does not know the task any more")
    expect((await run(image, { handle: first.kept[0] }).made).files).toHaveLength(1)
    expect(server.tasks()).toEqual(["image", "image"])
  })

  test("that is not wanted is deleted while it waits; one that runs goes on", async () => {
    const stopAt = async (text: RegExp) => {
      const stop = new AbortController()
      const { made } = run(image, {
        signal: stop.signal,
        onProgress: (it) => void (text.test(it.text) && stop.abort(new LaneStop("cancelled", "not wanted"))),
      })
      await expect(made).rejects.toThrow(/not wanted|aborted/)
      return server.seen.filter((it) => it.method === "DELETE")
    }
    expect(await stopAt(/^waiting/)).toHaveLength(1)
    expect(await stopAt(/^making/)).toHaveLength(2)
  })

  test.each([
    ["The server is busy. Please try again later.", "transient: the task failed: The server is busy. Please try again"],
    ["Your prompt violates our content policy.", "input: the task failed: Your prompt violates our content policy."],
    ["", "transient: the task failed"],
  ])("that fails says why: %s", async (message, expected) => {
    server.fail(message)
    expect(await failureOf(run(image).made)).toContain(expected)
  })

  test("that takes too long is given up", async () => {
    const stop = new AbortController()
    const leave = () => stop.abort(new LaneStop("handed_back", "the worker leaves"))
    const first = run(image, { signal: stop.signal, onKeep: leave })
    await expect(first.made).rejects.toThrow("the worker leaves")
    const old = { ...(first.kept[0] as object), sentAt: 0 }
    expect(await failureOf(run(image, { handle: old }).made)).toBe("capacity: it did not finish within 3600 s")
  })

  test("whose answer was lost is not ordered again: it may be running, and paid", async () => {
    server.loseNext()
    expect(await failureOf(run(image).made)).toMatch(/^fatal: .*it is not sent a second time$/)
    expect(server.tasks()).toEqual(["image"])
  })
})

describe("a finished model", () => {
  test("on a host that nobody named is not fetched, and its signature is not told", async () => {
    const elsewhere = await serveLocally((_, response) => void response.end())
    server.modelsAt((path) => `${elsewhere.url}${path}`)
    const failure = await failureOf(run(image).made)
    expect(failure).toMatch(/^fatal: its model lies on 127\.0\.0\.1:\d+, and is not fetched from there/)
    expect(failure).not.toContain("s1gned")
    expect(elsewhere.seen).toEqual([])
    await elsewhere.close()
  })

  test("is fetched without the key, and by a fresh address when the first one has expired", async () => {
    let expired = false
    const { made } = run(image, {
      onProgress: ({ text }) => {
        if (text !== "fetching the model" || expired) return
        expired = true
        server.expireLinks()
      },
    })
    expect((await made).files[0]?.bytes).toEqual(makeGlb())
    const fetched = server.seen.filter((it) => it.path.startsWith("/assets/"))
    expect(fetched).toHaveLength(2)
    expect(fetched.map((it) => it.headers.authorization)).toEqual([undefined, undefined])
  })
})

describe("refusals", () => {
  test.each([
    [
      400,
      "Invalid values: TargetPolycount",
      "input: it refused the order (status 400): Invalid values: TargetPolycount",
    ],
    [402, "Insufficient funds", "capacity: its account has no credit left: Insufficient funds"],
    [500, "internal error", "transient: it failed (status 500): internal error"],
    [503, "unavailable", "transient: it failed (status 503): unavailable"],
  ])("status %i", async (status, message, expected) => {
    server.next({ status, message })
    expect(await failureOf(run(image).made)).toBe(expected)
    expect(server.tasks()).toEqual([])
  })

  test("too many tasks wait for their turn, within the operator's patience", async () => {
    const busy = { status: 429, message: "NoMoreConcurrentTasks" }
    server.next({ ...busy, headers: { "retry-after-ms": "3" } }, { ...busy, headers: { "retry-after-ms": "3" } })
    expect((await run(image).made).files).toHaveLength(1)
    server.next({ ...busy, headers: { "retry-after": "600" } })
    expect(await failureOf(run(image).made)).toBe(
      "transient: it takes no more requests just now: NoMoreConcurrentTasks",
    )
  })

  test("a wrong key names its variable and is never shown", async () => {
    vi.stubEnv("MESHY_WRONG_KEY", "msy_wrong")
    const { made, log } = run(image, { keyEnv: "MESHY_WRONG_KEY" })
    const failure = await failureOf(made)
    expect(failure).toMatch(/^fatal: it does not accept the key in MESHY_WRONG_KEY/)
    expect(failure + log.join("\n")).not.toContain("msy_wrong")
    expect(await probe("MESHY_WRONG_KEY")).toMatchObject({ ok: false })
  })
})

test("a probe tells the credits, and an account without any is no server to use", async () => {
  expect(await probe()).toEqual({ ok: true, detail: "1000 credits left" })
  server.setBalance(0)
  expect(await probe()).toEqual({ ok: false, detail: "its account has no credits left" })
})
