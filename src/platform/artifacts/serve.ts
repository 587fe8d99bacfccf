import { open } from "node:fs/promises"
import { Readable } from "node:stream"
import type { ArtifactStore } from "#src/platform/artifacts/artifacts.ts"
import { readRange } from "#src/platform/artifacts/range.ts"
import type { Artifact, Clock } from "#src/studio.ts"

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag",
  "cross-origin-resource-policy": "cross-origin",
}
const PREFLIGHT = {
  ...CORS,
  "access-control-allow-methods": "GET, HEAD, OPTIONS",
  "access-control-allow-headers": "Range, If-Range, If-None-Match",
  "access-control-max-age": "86400",
}
/** Shown in the browser; everything else is a download. */
const INLINE = /^(image|video|audio)\/|^application\/(pdf|json)$|^text\/(plain|html)$/
/** Kinds in which a browser runs what is inside: they get an origin of their own and may load nothing. */
const ACTIVE = /^image\/svg\+xml$|^text\/html$|^application\/xml$/
const SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"

const GONE = "There is no such file. It may have been cleaned up; make it again."

export interface ServeParts {
  artifacts: Pick<ArtifactStore, "open" | "path">
  clock: Clock
}

/** GET, HEAD and OPTIONS of /files/<id>/<name>, as web-standard request and response: a server only mounts it. */
export async function serveArtifact(request: Request, parts: ServeParts): Promise<Response> {
  if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: PREFLIGHT })
  if (request.method !== "GET" && request.method !== "HEAD")
    return refuse(405, "Files can be read with GET or HEAD.", { allow: "GET, HEAD, OPTIONS" })
  const url = new URL(request.url)
  const opened = parts.artifacts.open(url)
  if (opened.state === "expired") return refuse(403, "This link has expired. Ask the studio for a new one.")
  if (opened.state === "invalid")
    return refuse(403, "This link is incomplete or was changed. Copy it again, whole, or ask the studio for a new one.")
  return opened.state === "ok" ? send(request, url, opened.artifact, parts) : refuse(404, GONE)
}

async function send(request: Request, url: URL, artifact: Artifact, parts: ServeParts): Promise<Response> {
  const etag = `"${artifact.sha256}"`
  const headers = new Headers({ ...CORS, ...describe(artifact, url, parts.clock), etag })
  if (matches(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers })
  const ifRange = request.headers.get("if-range")
  const wanted = ifRange === null || ifRange === etag ? request.headers.get("range") : null
  const range = request.method === "GET" ? readRange(wanted, artifact.bytes) : undefined
  if (range === "unsatisfiable")
    return refuse(416, `This file has ${artifact.bytes} bytes.`, { "content-range": `bytes */${artifact.bytes}` })
  const { start, end } = range ?? { start: 0, end: artifact.bytes - 1 }
  headers.set("content-length", String(end - start + 1))
  if (range) headers.set("content-range", `bytes ${start}-${end}/${artifact.bytes}`)
  const body = request.method === "HEAD" ? null : await read(parts.artifacts, artifact, start, end)
  if (body === undefined) return refuse(404, GONE)
  return new Response(body, { status: range ? 206 : 200, headers })
}

function describe(artifact: Artifact, url: URL, clock: Clock): Record<string, string> {
  const secondsLeft = Math.max(0, Number(url.searchParams.get("e")) - Math.floor(clock.now() / 1000))
  const text = /^text\/|^application\/(json|xml)$|^image\/svg/.test(artifact.mediaType)
  const shown = INLINE.test(artifact.mediaType) && url.searchParams.get("download") !== "1"
  return {
    "content-type": text ? `${artifact.mediaType}; charset=utf-8` : artifact.mediaType,
    "content-disposition": `${shown ? "inline" : "attachment"}; ${fileNames(artifact.name)}`,
    "cache-control": `private, max-age=${Math.min(secondsLeft, 31_536_000)}, immutable`,
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
    // The address is the key to the file: it must not travel on as a referrer.
    "referrer-policy": "no-referrer",
    ...(ACTIVE.test(artifact.mediaType) ? { "content-security-policy": SANDBOX } : {}),
  }
}

/** RFC 6266: an ASCII name for old clients, the real one in RFC 8187 form. */
function fileNames(name: string): string {
  const ascii =
    name
      .normalize("NFKD")
      .replace(/[^\x20-\x7e]/g, "")
      .replace(/["\\%;]/g, "_")
      .trim() || "file"
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
  return `filename="${ascii}"; filename*=UTF-8''${encoded}`
}

/** Opened before the answer is given: once open, garbage collection cannot take the bytes away. */
async function read(
  artifacts: ServeParts["artifacts"],
  artifact: Artifact,
  start: number,
  end: number,
): Promise<ReadableStream | null | undefined> {
  if (end < start) return null
  try {
    const file = await open(artifacts.path(artifact.id), "r")
    // Node's and the browser's stream types differ in name only.
    return Readable.toWeb(file.createReadStream({ start, end })) as ReadableStream
  } catch {
    return undefined
  }
}

function matches(header: string | null, etag: string): boolean {
  if (header === null) return false
  return header.trim() === "*" || header.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag)
}

function refuse(status: number, message: string, headers: Record<string, string> = {}): Response {
  return new Response(`${message}\n`, {
    status,
    headers: { ...CORS, "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...headers },
  })
}
