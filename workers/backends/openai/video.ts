import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { Link, Poll } from "#workers/backend.ts"
import { appendPicture } from "#workers/backends/openai/image.ts"
import { openaiSettings, type VideoOrder } from "#workers/backends/openai/order.ts"
import { contentProblem, isAboutContent, order as sendPatiently, send } from "#workers/backends/openai/wire.ts"
import { serverWords } from "#workers/backends/shared/failure.ts"
import { parseJson } from "#workers/backends/shared/http.ts"

export const videoHandle = z.object({
  id: z.string().regex(/^[\w.:-]{1,200}$/),
  model: z.string(),
  /** Milliseconds since the epoch. */
  sentAt: z.number(),
})
export type VideoHandle = z.output<typeof videoHandle>

const video = z.object({
  id: z.string().regex(/^[\w.:-]{1,200}$/),
  status: z.string().max(60),
  progress: z.number().nullish(),
  seconds: z.union([z.string().max(20), z.number()]).nullish(),
  size: z.string().max(40).nullish(),
  error: z.object({ code: z.unknown(), message: z.unknown() }).partial().nullish(),
})

const ASKS_WITHIN_MS = 60_000
const FETCH_MS = 600_000
const FETCH_SILENCE_MS = 60_000

/**
 * The order goes as a form, which all servers of this protocol take. OpenAI's own video service ended on 24 September 2026;
 * its protocol goes on in vLLM-Omni, LiteLLM and others.
 */
export async function startVideo(order: VideoOrder, link: Link): Promise<VideoHandle> {
  const { server } = link
  const form = new FormData()
  const { model, prompt, size, seconds, seed } = order
  for (const [name, value] of Object.entries({ model, prompt, size, seconds, seed }))
    if (value !== undefined) form.append(name, String(value))
  if (order.image) await appendPicture(form, "input_reference", "picture", server, order.image)
  link.progress({ text: "starting the video" })
  const { bytes } = await sendPatiently(link, {
    path: "videos",
    body: { form },
    timeoutMs: ASKS_WITHIN_MS * 2,
    // A video costs dollars where there is a key: a second one is not ordered on a suspicion.
    onLost: server.keyEnv === undefined ? "transient" : "fatal",
  })
  return { id: parseJson(video, server, bytes).id, model, sentAt: Date.now() }
}

/** Undefined when the server does not know the video any more. */
async function look({ id }: VideoHandle, link: Pick<Link, "server" | "signal">) {
  const request = { path: `videos/${encodeURIComponent(id)}`, timeoutMs: ASKS_WITHIN_MS, expected: [404] }
  const { status, bytes } = await send(link, request)
  return status === 404 ? undefined : parseJson(video, link.server, bytes)
}

export async function resumeVideo(handle: VideoHandle, link: Link): Promise<VideoHandle | undefined> {
  return (await look(handle, link)) === undefined ? undefined : handle
}

export async function pollVideo(handle: VideoHandle, link: Link): Promise<Poll> {
  const { server } = link
  const found = await look(handle, link)
  if (!found) return { state: "lost", why: "it does not know the video any more" }
  const { videoS } = openaiSettings.parse(server.settings)
  switch (found.status) {
    case "completed":
    case "succeeded":
      return { state: "done", made: await fetchVideo(handle, found, link) }
    case "failed":
    case "error":
      throw failure(server.name, found.error)
    case "cancelled":
    case "canceled":
    case "expired":
      throw new BackendError(server.name, `the video was ${found.status} there`, "fatal")
  }
  if (Date.now() - handle.sentAt > videoS * 1000)
    throw new BackendError(server.name, `it made no video within ${videoS} s`, "capacity")
  if (/^(queued|pending|submitted)$/.test(found.status)) return { state: "queued" }
  const percent = found.progress ?? 0
  const text = percent > 0 ? `making the video, ${Math.round(percent)} %` : "making the video"
  return { state: "running", progress: { ...(percent > 0 ? { fraction: Math.min(1, percent / 100) } : {}), text } }
}

function failure(name: string, error: z.output<typeof video>["error"]): BackendError {
  const words = typeof error?.message === "string" ? serverWords(error.message) : ""
  if (typeof error?.code === "string" && isAboutContent(error.code))
    return new BackendError(name, contentProblem(words), "input")
  return new BackendError(name, `the video failed${words ? `: ${words}` : ""}`, "transient")
}

async function fetchVideo({ id, model }: VideoHandle, { seconds, size }: z.output<typeof video>, link: Link) {
  link.progress({ fraction: 1, text: "fetching the video" })
  const { bytes } = await send(link, {
    path: `videos/${encodeURIComponent(id)}/content`,
    timeoutMs: FETCH_MS,
    silenceMs: FETCH_SILENCE_MS,
    maxBytes: link.maxBytes,
  })
  const head = Buffer.from(bytes.subarray(0, 12))
  const isMp4 = head.subarray(4, 8).toString("latin1") === "ftyp"
  const isWebm = head.length >= 4 && head.readUInt32BE(0) === 0x1a45dfa3
  if (!isMp4 && !isWebm) throw new BackendError(link.server.name, "what it sent is no video", "transient")
  const told = { ...(seconds ? { seconds: Number(seconds) } : {}), ...(size ? { size } : {}) }
  return {
    files: [{ name: isMp4 ? "video.mp4" : "video.webm", bytes, role: "result" as const }],
    effective: { model, ...told },
  }
}

/** Deletes the video, which stops its making where the server can. It may be done, gone, or not be deletable: all the same. */
export async function cancelVideo({ id }: VideoHandle, link: Link): Promise<void> {
  const request = { path: `videos/${encodeURIComponent(id)}`, method: "DELETE" as const, timeoutMs: 1_000 }
  await send(link, { ...request, expected: [400, 404, 405, 409] })
}
