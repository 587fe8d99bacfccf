import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { LaneStop } from "#src/platform/queue/lane.ts"
import { PNG } from "#tests/servers/glb.ts"
import { readForm, readJson, serveLocally } from "#tests/servers/local.ts"
import { MP3, MP4, openaiError, startOpenai, type OpenaiServer } from "#tests/servers/openai/server.ts"
import { attempt, failureOf, serverRef, type AttemptOptions } from "#tests/workers/backends/attempt.ts"
import { backend } from "#workers/backends/openai.ts"

const KEY = "sk-test-0123456789abcdef"
let server: OpenaiServer
beforeEach(() => vi.stubEnv("PICTURE_KEY", KEY))
afterEach(async () => {
  vi.unstubAllEnvs()
  await server.close()
})

const picture = { name: "my cat.png", bytes: PNG }
const image = { task: "image", model: "gpt-image-1", prompt: "a cat" } as const
const video = { task: "video", model: "wan2.2", prompt: "a cat walks" } as const
const speech = { task: "speech", model: "kokoro", text: "Hello", voice: "alloy" } as const
type Order = Parameters<typeof attempt<typeof backend.order, typeof backend.handle, typeof backend.settings>>[2]
const run = (order: Order, options: AttemptOptions = {}) => attempt(backend, server.url, order, options)
const withKey = { keyEnv: "PICTURE_KEY" }
const sent = (path: string) => server.seen.filter((it) => it.method === "POST" && it.path === `/v1/${path}`)
const probe = (options: AttemptOptions = {}, url = server.url) =>
  backend.probe(serverRef("openai", url, options), new AbortController().signal)

describe("pictures", () => {
  test("come in base64 with what was really used", async () => {
    server = await startOpenai({ key: KEY })
    const { made, log } = run({ ...image, n: 2, quality: "low", format: "png" }, withKey)
    const { files, effective } = await made
    expect(files).toEqual([
      { name: "picture-1.png", bytes: PNG, role: "result" },
      { name: "picture-2.png", bytes: PNG, role: "result" },
    ])
    expect(effective).toEqual({
      model: "gpt-image-1",
      n: 2,
      quality: "low",
      output_format: "png",
      size: "1024x1024",
      background: "opaque",
      tokens: 4_200,
    })
    expect(log.join("\n")).not.toContain(KEY)
  })

  test("of other models are asked for in base64 as well, so that nothing has to be fetched", async () => {
    server = await startOpenai()
    await run({ ...image, model: "stablediffusion", size: "512x512", seed: 3 }).made
    expect(readJson(sent("images/generations")[0] as never)).toEqual({
      model: "stablediffusion",
      prompt: "a cat",
      n: 1,
      size: "512x512",
      seed: 3,
      response_format: "b64_json",
    })
  })

  test("are made from pictures, sent under names that say nothing", async () => {
    server = await startOpenai()
    const two = run({ ...image, images: [picture, picture], mask: picture })
    expect((await two.made).files).toHaveLength(1)
    const form = await readForm(sent("images/edits")[0] as never)
    const names = [...form].map(([field, value]) => (value instanceof File ? `${field}: ${value.name}` : field))
    expect(names).toEqual([
      "model",
      "prompt",
      "n",
      "image[]: picture-1.png",
      "image[]: picture-2.png",
      "mask: mask.png",
    ])
    await run({ ...image, images: [picture] }).made
    expect((await readForm(sent("images/edits")[1] as never)).get("image")).toBeInstanceOf(File)
  })

  test("given by an address are fetched from the server itself, without the key", async () => {
    server = await startOpenai({ key: KEY })
    const { made } = run({ ...image, model: "dall-e-3" }, { ...withKey, settings: { base64: "never" } })
    expect(await made).toMatchObject({
      files: [{ name: "picture-1.png", bytes: PNG }],
      effective: { revised_prompt: "A cat, sitting" },
    })
    expect(server.seen.at(-1)?.headers.authorization).toBeUndefined()
  })

  test("on another host are fetched only when the operator named it", async () => {
    const elsewhere = await serveLocally((_, response) => void response.end())
    server = await startOpenai({ pictureUrl: (path) => `${elsewhere.url}${path}?sig=s3cret` })
    const failure = await failureOf(run({ ...image, model: "dall-e-3" }, { settings: { base64: "never" } }).made)
    expect(failure).toMatch(
      /^fatal: its picture lies on 127\.0\.0\.1:\d+, and is not fetched from there: name the host/,
    )
    expect(failure).not.toContain("s3cret")
    expect(elsewhere.seen).toEqual([])
    await elsewhere.close()
  })

  test("an answer that holds no picture is none", async () => {
    server = await startOpenai()
    server.next("images/generations", { status: 200, body: { data: [{ b64_json: "aGVsbG8gdGhlcmU=" }] } })
    expect(await failureOf(run(image).made)).toMatch(/^input: the picture is none of the kinds/)
    server.next("images/generations", { status: 200, body: { data: [{}] } })
    expect(await failureOf(run(image).made)).toBe("transient: it answered without a picture")
  })
})

describe("speech", () => {
  test("is the bytes of the answer, named by its format", async () => {
    server = await startOpenai({ key: KEY })
    const { files, effective } = await run({ ...speech, speed: 1.2 }, withKey).made
    expect(files).toEqual([{ name: "speech.mp3", bytes: MP3, role: "result" }])
    expect(effective).toEqual({ model: "kokoro", voice: "alloy", format: "mp3", speed: 1.2 })
    expect(readJson(sent("audio/speech")[0] as never)).toMatchObject({ input: "Hello", response_format: "mp3" })
  })

  test("of an unknown voice is refused with the server's words", async () => {
    server = await startOpenai()
    expect(await failureOf(run({ ...speech, voice: "nobody" }).made)).toBe(
      "input: it refused the order (status 400): Input should be 'alloy', 'ash' or 'nova'",
    )
  })

  test("words instead of sound are no speech", async () => {
    server = await startOpenai()
    server.next("audio/speech", { status: 200, body: { error: "no such model" } })
    expect(await failureOf(run(speech).made)).toBe("transient: it answered with words instead of sound")
  })
})

describe("a video", () => {
  test("is started, asked about with its progress, and fetched", async () => {
    server = await startOpenai()
    const { made, told, kept } = run({ ...video, seconds: 8, size: "1280x720", image: picture })
    expect(await made).toEqual({
      files: [{ name: "video.mp4", bytes: MP4, role: "result" }],
      effective: { model: "wan2.2", seconds: 8, size: "1280x720" },
    })
    expect(told.map((it) => it.fraction ?? it.text)).toEqual([
      "starting the video",
      "waiting on workhorse",
      0.3,
      0.6,
      1,
    ])
    expect(kept).toEqual([{ id: expect.stringMatching(/^video_/), model: "wan2.2", sentAt: expect.any(Number) }])
    const form = await readForm(sent("videos")[0] as never)
    expect(form.get("input_reference")).toBeInstanceOf(File)
  })

  test("of a worker that left is found again, not ordered twice", async () => {
    server = await startOpenai()
    const stop = new AbortController()
    const first = run(video, {
      signal: stop.signal,
      onKeep: () => stop.abort(new LaneStop("handed_back", "the worker leaves")),
    })
    await expect(first.made).rejects.toThrow("the worker leaves")
    expect(server.deleted()).toEqual([])
    expect((await run(video, { handle: first.kept[0] }).made).files).toHaveLength(1)
    expect(sent("videos")).toHaveLength(1)
  })

  test("that the server forgot is ordered again", async () => {
    server = await startOpenai()
    const first = run(video, { onKeep: () => server.forget() })
    expect(await failureOf(first.made)).toBe("transient: it does not know the video any more")
    await run(video, { handle: first.kept[0] }).made
    expect(sent("videos")).toHaveLength(2)
  })

  test("that is not wanted any more is deleted", async () => {
    server = await startOpenai()
    const stop = new AbortController()
    const { made, kept } = run(video, {
      signal: stop.signal,
      onKeep: () => stop.abort(new LaneStop("cancelled", "not wanted")),
    })
    await expect(made).rejects.toThrow("not wanted")
    expect(server.deleted()).toEqual([(kept[0] as { id: string }).id])
  })

  test("that fails says why, and whether other words would help", async () => {
    server = await startOpenai()
    server.failVideo({ code: "moderation_blocked", message: "Your request was blocked." })
    expect(await failureOf(run(video).made)).toBe("input: it refuses the content: Your request was blocked.")
    server.failVideo({ code: "video_generation_failed", message: "worker died" })
    expect(await failureOf(run(video).made)).toBe("transient: the video failed: worker died")
  })

  test("whose order was sent and not answered is not ordered again where it costs money", async () => {
    server = await startOpenai({ key: KEY })
    server.loseNext("videos")
    expect(await failureOf(run(video, withKey).made)).toMatch(/^fatal: .*not sent a second time$/)
    expect(server.videos()).toBe(1)
    await server.close()
    server = await startOpenai()
    server.loseNext("videos")
    expect(await failureOf(run(video).made)).toMatch(/^transient: the connection broke/)
  })

  const handle = (ageS: number) => ({ id: "video_1", model: "wan2.2", sentAt: Date.now() - ageS * 1000 })
  const always = (body: object) => Array.from({ length: 10 }, () => ({ status: 200, body }))

  test("that takes too long is given up", async () => {
    server = await startOpenai()
    server.next("videos/video_1", ...always({ id: "video_1", status: "in_progress" }))
    expect(await failureOf(run(video, { handle: handle(3_601) }).made)).toBe("capacity: it made no video within 3600 s")
  })

  test("that is no video is not taken for one", async () => {
    server = await startOpenai()
    server.next("videos/video_1", ...always({ id: "video_1", status: "completed" }))
    server.next("videos/video_1/content", ...always({ detail: "not ready" }))
    expect(await failureOf(run(video, { handle: handle(1) }).made)).toBe("transient: what it sent is no video")
  })
})

describe("failures become classes", () => {
  const limit = "Billing hard limit has been reached"
  test.each([
    [400, openaiError("billing_hard_limit_reached", limit), `capacity: its account has reached its limit: ${limit}`],
    [
      429,
      openaiError("insufficient_quota", "You exceeded your current quota", "insufficient_quota"),
      "capacity: its account",
    ],
    [
      400,
      openaiError("content_policy_violation", "Your prompt is not allowed."),
      "input: it refuses the content: Your prompt",
    ],
    [
      400,
      openaiError("moderation_blocked", "Rejected by safety.", "image_generation_user_error"),
      "input: it refuses the",
    ],
    [
      400,
      openaiError("invalid_value", "Invalid size '7x7'."),
      "input: it refused the order (status 400): Invalid size",
    ],
    [403, openaiError(null, "Your organization must be verified."), "fatal: it does not allow this: Your organization"],
    [
      404,
      openaiError("model_not_found", "The model 'x' does not exist"),
      "capacity: it does not have the model: The model",
    ],
    [
      500,
      openaiError(null, "The server had an error", "server_error"),
      "transient: it failed (status 500): The server had",
    ],
    [503, "", "transient: it failed (status 503)"],
  ])("status %i %j", async (status, body, expected) => {
    server = await startOpenai()
    server.next("images/generations", { status, body })
    expect(await failureOf(run(image).made)).toContain(expected)
    expect(sent("images/generations")).toHaveLength(1)
  })

  test("a wrong key names its variable and never shows the key", async () => {
    server = await startOpenai({ key: "another" })
    const { made, log } = run(image, withKey)
    const failure = await failureOf(made)
    expect(failure).toBe(
      "fatal: it does not accept the key in PICTURE_KEY (status 401): check that variable where the workers run",
    )
    expect(await probe(withKey)).toMatchObject({ ok: false, detail: expect.stringContaining("PICTURE_KEY") })
    expect(failure + log.join("\n")).not.toContain("sk-test")
  })

  test("a missing key is told before anything is sent", async () => {
    server = await startOpenai({ key: KEY })
    const failure = await failureOf(run(image, { keyEnv: "NOT_SET_ANYWHERE" }).made)
    expect(failure).toBe("fatal: NOT_SET_ANYWHERE, which should hold its key, is not set where the workers run")
    expect(await failureOf(run(image).made)).toMatch(/^fatal: it wants a key \(status 401\): name the environment/)
    expect(server.seen).toHaveLength(1)
  })

  test("a busy server is asked again when it said, and not for longer than the operator allows", async () => {
    server = await startOpenai()
    const busy = {
      status: 429,
      body: openaiError("rate_limit_exceeded", "slow down"),
      headers: { "retry-after-ms": "3" },
    }
    server.next("images/generations", busy, busy)
    const { made, told } = run(image)
    expect((await made).files).toHaveLength(1)
    expect(told.filter((it) => it.text.startsWith("workhorse is busy"))).toHaveLength(2)
    server.next("images/generations", { ...busy, headers: { "retry-after": "3600" } })
    expect(await failureOf(run(image).made)).toBe("transient: it takes no more requests just now: slow down")
  })
})

describe("a probe", () => {
  test("lists the models, which jobs can ask for by name", async () => {
    server = await startOpenai()
    expect(await probe()).toEqual({
      ok: true,
      detail: "2 models: gpt-image-1, tts-1",
      inventory: ["models/gpt-image-1", "models/tts-1"],
    })
    expect(await backend.models?.(serverRef("openai", server.url), AbortSignal.timeout(1_000))).toEqual({
      models: ["gpt-image-1", "tts-1"],
    })
  })

  test("takes a server that lists none, and an address without /v1", async () => {
    server = await startOpenai({ listsModels: false })
    expect(await probe()).toEqual({ ok: true, detail: "it answers, and does not list its models" })
    await server.close()
    server = await startOpenai()
    expect(await probe({}, server.url.replace("/v1", ""))).toMatchObject({ ok: true })
  })

  test("tells a server that is away", async () => {
    server = await startOpenai()
    await server.close()
    expect(await probe()).toEqual({ ok: false, detail: "it cannot be reached (ECONNREFUSED)" })
    server = await startOpenai()
  })
})
