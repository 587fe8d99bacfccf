import { once } from "node:events"
import { existsSync, readdirSync, readlinkSync } from "node:fs"
import { createServer, request as httpRequest, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { getRequestListener } from "@hono/node-server"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { createArtifacts, type ArtifactStore } from "#src/platform/artifacts/artifacts.ts"
import { serveArtifact } from "#src/platform/artifacts/serve.ts"
import type { Artifact } from "#src/studio.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"

const HOUR_MS = 3_600_000
const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251))

let studio: TestStudio
let server: Server
let artifacts: ArtifactStore
let file: Artifact
beforeAll(async () => {
  studio = await testStudio({ env: { ATELIER_LINK_HOURS: "24" } })
  const { db, config, clock, services } = studio
  artifacts = createArtifacts({ db, config, clock, log: services.log, baseUrl: () => base() })
  const listener = getRequestListener((request) => serveArtifact(request, { artifacts, clock }))
  server = createServer((incoming, outgoing) => void listener(incoming, outgoing))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  file = await put(content, "Überring “14k”.bin", "g1")
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, "close")
  await studio.close()
})

// A listening TCP server's address is an object.
const base = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
/** Blobs that this process has open; Linux only. */
const openFiles = () => {
  if (!existsSync("/proc/self/fd")) return 0
  const links = readdirSync("/proc/self/fd").map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`)
    } catch {
      return ""
    }
  })
  return links.filter((path) => path.includes(join(studio.config.dataDir, "blobs"))).length
}
const put = (bytes: Uint8Array, name: string, group?: string) =>
  artifacts.writerFor("local").put(bytes, { name, use: "file", ...(group === undefined ? {} : { group }) })
const get = (headers: Record<string, string> = {}, method = "GET") =>
  fetch(artifacts.fileUrl(file), { headers, method })

describe("serving a file", () => {
  it("sends the bytes with what caches, browsers and other origins need", async () => {
    const response = await get()
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "content-length": "300000",
      "accept-ranges": "bytes",
      etag: `"${file.sha256}"`,
      "access-control-allow-origin": "*",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "content-disposition":
        "attachment; filename=\"Uberring 14k.bin\"; filename*=UTF-8''%C3%9Cberring%20%E2%80%9C14k%E2%80%9D.bin",
    })
    expect(response.headers.get("cache-control")).toMatch(/^private, max-age=\d{5}, immutable$/)
  })

  it.each([
    ["bytes=0-9", "bytes 0-9/300000", 0, 10],
    ["bytes=299990-", "bytes 299990-299999/300000", 299_990, 300_000],
    ["bytes=-5", "bytes 299995-299999/300000", 299_995, 300_000],
    ["bytes=100000-999999999", "bytes 100000-299999/300000", 100_000, 300_000],
  ])("answers %s with 206 and exactly these bytes", async (range, expected, start, end) => {
    const response = await get({ range })
    expect(response.status).toBe(206)
    expect(response.headers.get("content-range")).toBe(expected)
    expect(Buffer.from(await response.arrayBuffer()).equals(content.subarray(start, end))).toBe(true)
  })

  it.each(["bytes=300000-", "bytes=-0"])("answers %s with 416 and the size", async (range) => {
    const response = await get({ range })
    expect(response.status).toBe(416)
    expect(response.headers.get("content-range")).toBe("bytes */300000")
  })

  it.each(["bytes=5-2", "bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=a-b"])(
    "sends everything for %s",
    async (range) => {
      const response = await get({ range })
      expect(response.status).toBe(200)
      expect((await response.arrayBuffer()).byteLength).toBe(content.length)
    },
  )

  it("heeds If-Range and If-None-Match", async () => {
    const etag = `"${file.sha256}"`
    expect((await get({ range: "bytes=0-1", "if-range": etag })).status).toBe(206)
    expect((await get({ range: "bytes=0-1", "if-range": '"other"' })).status).toBe(200)
    expect((await get({ "if-none-match": `"x", W/${etag}` })).status).toBe(304)
    expect((await get({ "if-none-match": '"x"' })).status).toBe(200)
  })

  it("answers HEAD without a body, preflight with 204, and other methods with 405", async () => {
    const head = await get({}, "HEAD")
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "300000", ""])
    const preflight = await get({ origin: "null", "access-control-request-headers": "range" }, "OPTIONS")
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get("access-control-allow-headers")).toContain("Range")
    expect((await get({}, "DELETE")).status).toBe(405)
  })

  it("shows pictures, and gives what a browser would run a sandbox", async () => {
    const svg = await put(Buffer.from("<svg><script>alert(1)</script></svg>"), "logo.png")
    const shown = await fetch(artifacts.fileUrl(svg))
    expect(shown.headers.get("content-type")).toBe("image/svg+xml; charset=utf-8")
    expect(shown.headers.get("content-disposition")).toMatch(/^inline; filename="logo.svg"/)
    expect(shown.headers.get("content-security-policy")).toMatch(/^sandbox; default-src 'none'/)
    const saved = await fetch(artifacts.fileUrl(svg, { download: true }))
    expect(saved.headers.get("content-disposition")).toMatch(/^attachment/)
  })

  it("lets go of the file when the reader leaves in the middle", async () => {
    const big = await put(Buffer.alloc(20_000_000, 3), "big.bin")
    await new Promise<void>((resolve, reject) => {
      const request = httpRequest(artifacts.fileUrl(big), (response) => {
        response.once("data", () => response.destroy())
        response.once("close", resolve)
      })
      request.once("error", reject).end()
    })
    await vi.waitFor(() => expect(openFiles()).toBe(0))
  })

  it("serves an empty file", async () => {
    const empty = await put(new Uint8Array(), "nothing.bin")
    const response = await fetch(artifacts.fileUrl(empty))
    expect([response.status, await response.text()]).toEqual([200, ""])
  })
})

describe("signed links", () => {
  const status = async (url: string | URL) => (await fetch(url)).status

  it("are the same within an hour and live at least the configured time", async () => {
    const first = artifacts.fileUrl(file)
    studio.clock.advance(60_000)
    expect(artifacts.fileUrl(file)).toBe(first)
    const expiry = Number(new URL(first).searchParams.get("e")) * 1000
    expect(expiry - studio.clock.now()).toBeGreaterThanOrEqual(24 * HOUR_MS)
    expect(expiry - studio.clock.now()).toBeLessThanOrEqual(25 * HOUR_MS)
  })

  it("work behind a proxy prefix and with another encoding of the same name", async () => {
    const url = artifacts.fileUrl(file)
    expect(await status(url.replace("/files/", "/studio/files/"))).toBe(200)
    expect(await status(url.replace("14k", "%31%34k"))).toBe(200)
  })

  it("stop working when anything in them is changed, with a plain explanation", async () => {
    const other = await put(Buffer.from("other"), "other.txt")
    const url = new URL(artifacts.fileUrl(file))
    const changes: ((it: URL) => void)[] = [
      (it) => it.searchParams.set("e", String(Number(it.searchParams.get("e")) + 3600)),
      (it) => it.searchParams.set("s", "A".repeat(22)),
      (it) => it.searchParams.set("s", ""),
      (it) => it.searchParams.delete("s"),
      (it) => it.searchParams.set("e", "1e99"),
      (it) => (it.pathname = it.pathname.replace(file.id, other.id)),
      (it) => (it.pathname += "x"),
      (it) => it.searchParams.set("page", other.id),
    ]
    for (const change of changes) {
      const changed = new URL(url)
      change(changed)
      const response = await fetch(changed)
      expect([response.status, await response.text()]).toEqual([403, expect.stringContaining("Copy it again")])
    }
    expect(await status(`${base()}/files/../../etc/passwd`)).toBe(404)
    expect(await status(`${base()}/files/${file.id}/%ff`)).toBe(404)
  })

  it("of a page open the files of its group, nothing else, and no longer than the page", async () => {
    const sibling = await put(Buffer.from("sibling"), "sibling.txt", "g1")
    const stranger = await put(Buffer.from("stranger"), "stranger.txt", "g2")
    const page = new URL(artifacts.pageUrl(file))
    expect(artifacts.open(page)).toMatchObject({ state: "ok", artifact: { id: file.id } })
    expect(await status(artifacts.fileUrlOnPage(page, file))).toBe(200)
    expect(await status(artifacts.fileUrlOnPage(page, sibling))).toBe(200)
    expect(await status(artifacts.fileUrlOnPage(page, stranger))).toBe(403)
    const moved = new URL(artifacts.fileUrl(file))
    moved.pathname = `/view/${file.id}`
    expect(artifacts.open(moved).state).toBe("invalid")
  })

  it("expire, and say so", async () => {
    const url = artifacts.fileUrl(file)
    const page = new URL(artifacts.pageUrl(file))
    studio.clock.advance(26 * HOUR_MS)
    const response = await fetch(url)
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining("has expired")])
    expect(artifacts.open(page).state).toBe("expired")
    expect(await status(artifacts.fileUrl(file))).toBe(200)
  })
})
