import { randomUUID } from "node:crypto"
import type { ServerResponse } from "node:http"
import { PNG } from "#tests/servers/glb.ts"
import { readForm, readJson, sendBytes, sendJson, serveLocally, type Seen } from "#tests/servers/local.ts"

/** The start of an MP4 and of an MP3 file: enough to be told by their content. */
export const MP4 = new Uint8Array([0, 0, 0, 24, ...Buffer.from("ftypisom"), 0, 0, 2, 0, ...Buffer.from("isomiso2mp41")])
export const MP3 = new Uint8Array([...Buffer.from("ID3"), 4, 0, 0, 0, 0, 0, 0, 0xff, 0xfb, 0x90, 0])

export interface OpenaiServer {
  /** With /v1. */
  url: string
  seen: Seen[]
  /** The next requests to this path get these answers instead. */
  next(path: string, ...answers: { status: number; body?: unknown; headers?: Record<string, string> }[]): void
  /** The next order to this path is carried out, and its answer gets lost. */
  loseNext(path: string): void
  /** How the next video ends. */
  failVideo(error: { code: string; message: string }): void
  /** All videos are forgotten. */
  forget(): void
  videos(): number
  deleted(): string[]
  close(): Promise<void>
}

interface Options {
  key?: string
  /** How pictures come where they are not asked for in base64; gpt-image never gives addresses. */
  pictureUrl?: (path: string) => string
  /** A server that does not list models. */
  listsModels?: boolean
}

interface Video {
  model: string
  asked: number
  seconds: string
  size: string
  error: { code: string; message: string } | null
}

/** Errors in the form of OpenAI. */
export function openaiError(code: string | null, message: string, type = "invalid_request_error"): object {
  return { error: { message, type, param: null, code } }
}

/** A server of the OpenAI protocol for pictures, videos and speech, by its documentation and its own client. */
export async function startOpenai({ key, pictureUrl, listsModels = true }: Options = {}): Promise<OpenaiServer> {
  const videos = new Map<string, Video>()
  const scripted = new Map<string, { status: number; body?: unknown; headers?: Record<string, string> }[]>()
  const lost = new Set<string>()
  const deleted: string[] = []
  let videoError: Video["error"] = null

  const pictures = (fields: Record<string, unknown>, response: ServerResponse) => {
    const isGpt = String(fields["model"]).startsWith("gpt-image")
    if (isGpt && "response_format" in fields)
      return sendJson(response, 400, openaiError("unknown_parameter", "Unknown parameter: 'response_format'."))
    const wantsAddress = !isGpt && fields["response_format"] !== "b64_json"
    const data = Array.from({ length: Number(fields["n"] ?? 1) }, (_, i) =>
      wantsAddress
        ? { url: pictureUrl?.(`/files/${i}.png`) ?? `${server.url}/files/${i}.png`, revised_prompt: "A cat,\nsitting" }
        : { b64_json: Buffer.from(PNG).toString("base64") },
    )
    const extra = isGpt
      ? { size: "1024x1024", quality: "low", background: "opaque", usage: { total_tokens: 4_200 } }
      : {}
    return sendJson(response, 200, { created: 1_764_000_000, data, ...extra })
  }

  const createVideo = async (seen: Seen, response: ServerResponse) => {
    if (!seen.headers["content-type"]?.startsWith("multipart/form-data"))
      return sendJson(response, 422, { detail: [{ loc: ["body", "prompt"], msg: "Field required" }] })
    const form = await readForm(seen)
    const text = (name: string, usual: string) => {
      const value = form.get(name)
      return typeof value === "string" ? value : usual
    }
    const id = `video_${randomUUID().replaceAll("-", "")}`
    videos.set(id, {
      model: text("model", ""),
      asked: 0,
      seconds: text("seconds", "4"),
      size: text("size", "720x1280"),
      error: videoError,
    })
    videoError = null
    if (lost.delete("/v1/videos")) return void response.destroy()
    return sendJson(response, 200, videoBody(id, "queued", 0))
  }

  const videoBody = (id: string, status: string, progress: number) => {
    const it = videos.get(id)
    const error = status === "failed" ? it?.error : null
    return { id, object: "video", created_at: 1_764_000_000, ...it, status, progress, asked: undefined, error }
  }

  const videoStatus = (id: string, response: ServerResponse) => {
    const it = videos.get(id)
    if (!it) return sendJson(response, 404, openaiError(null, `Video with id '${id}' not found.`))
    it.asked++
    if (it.asked === 1) return sendJson(response, 200, videoBody(id, "queued", 0))
    if (it.asked < 4) return sendJson(response, 200, videoBody(id, "in_progress", 30 * (it.asked - 1)))
    return sendJson(response, 200, videoBody(id, it.error ? "failed" : "completed", it.error ? 60 : 100))
  }

  const speech = (fields: Record<string, unknown>, response: ServerResponse) => {
    if (fields["voice"] === "nobody")
      return sendJson(response, 400, openaiError(null, "Input should be 'alloy', 'ash' or 'nova'"))
    return sendBytes(response, MP3, "audio/mpeg")
  }

  const server = await serveLocally(async (seen, response) => {
    if (seen.path.startsWith("/files/")) return sendBytes(response, PNG, "image/png")
    if (key !== undefined && seen.headers.authorization !== `Bearer ${key}`) {
      const shown = (seen.headers.authorization ?? "").slice(7)
      return sendJson(
        response,
        401,
        openaiError("invalid_api_key", `Incorrect API key provided: ${shown}. You can find your API key at https://x.`),
      )
    }
    const scriptedHere = scripted.get(seen.path)?.shift()
    if (scriptedHere) return sendJson(response, scriptedHere.status, scriptedHere.body ?? {}, scriptedHere.headers)
    const [, , room, id, part] = seen.path.split("/")
    const route = `${seen.method} ${room}`
    if (route === "GET models" && listsModels)
      return sendJson(response, 200, {
        object: "list",
        data: [{ id: "gpt-image-1" }, { id: "tts-1" }, { id: "bad\u0007name" }],
      })
    if (route === "POST images" && id === "generations") return pictures(readJson(seen), response)
    if (route === "POST images" && id === "edits") return pictures(Object.fromEntries(await readForm(seen)), response)
    if (route === "POST audio") return speech(readJson(seen), response)
    if (route === "POST videos") return createVideo(seen, response)
    if (route === "GET videos" && id && part === "content") return sendBytes(response, MP4, "video/mp4")
    if (route === "GET videos" && id) return videoStatus(id, response)
    if (route === "DELETE videos" && id) {
      deleted.push(id)
      return sendJson(response, 200, { id, object: "video.deleted", deleted: videos.delete(id) })
    }
    return sendJson(response, 404, { detail: "Not Found" })
  })
  return {
    url: `${server.url}/v1`,
    seen: server.seen,
    next: (path, ...answers) => void scripted.set(`/v1/${path}`, answers),
    loseNext: (path) => void lost.add(`/v1/${path}`),
    failVideo: (error) => void (videoError = error),
    forget: () => videos.clear(),
    videos: () => videos.size,
    deleted: () => deleted,
    close: server.close,
  }
}
