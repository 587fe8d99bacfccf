import { afterEach, describe, expect, test, vi } from "vitest"
import { z } from "zod"
import { createServer } from "node:net"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { sendBytes, sendHalf, sendJson, serveLocally, type LocalServer, type Seen } from "#tests/servers/local.ts"
import { failureOf, serverRef } from "#tests/workers/backends/attempt.ts"
import { addressOf, ask, askJson, askStream, trustedUrl, type Ask } from "#workers/backends/shared/http.ts"
import { keyOf } from "#workers/backends/shared/key.ts"
import { patiently } from "#workers/backends/shared/patience.ts"
import type { ServerResponse } from "node:http"

let server: LocalServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
  vi.unstubAllEnvs()
})

async function asked(
  handle: (seen: Seen, response: ServerResponse) => void | Promise<void>,
  more: Partial<Ask> = {},
): Promise<Ask> {
  server = await serveLocally(handle)
  return {
    server: serverRef("openai", `${server.url}/base/`, { keyEnv: "SHOP_KEY" }),
    signal: new AbortController().signal,
    path: "/x",
    timeoutMs: 5_000,
    ...more,
  }
}

describe("a request", () => {
  test("goes below the server's address, with its key, body and trace, and gives the whole answer", async () => {
    const it = await asked((seen, response) => sendJson(response, 200, { got: seen.body.toString() }), {
      key: "s3cret",
      body: { json: { a: 1 } },
    })
    const trace = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`
    const answer = await askJson(z.object({ got: z.string() }), { ...it, server: { ...it.server, trace } })
    expect(answer.got).toBe('{"a":1}')
    const [seen] = server?.seen ?? []
    expect([seen?.method, seen?.path, seen?.headers.authorization]).toEqual(["POST", "/base/x", "Bearer s3cret"])
    expect(seen?.headers["traceparent"]).toMatch(new RegExp(`^00-${"a".repeat(32)}-(?!b{16})[0-9a-f]{16}-01$`))
  })

  test("ends at once, with the reason, when its signal is aborted", async () => {
    const stop = new AbortController()
    const it = await asked(() => stop.abort(new Error("enough")), { signal: stop.signal })
    await expect(ask(it)).rejects.toThrow("enough")
    await expect(ask(it)).rejects.toThrow("enough")
    expect(server?.seen).toHaveLength(1)
  })

  test("that nobody takes is tried later: nothing listens there, or nobody answers in time", async () => {
    const it = await asked(() => undefined)
    const free = createServer().listen(0, "127.0.0.1")
    await once(free, "listening")
    const { port } = free.address() as AddressInfo // it listens on a port
    free.close()
    const nobody = { ...it, server: { ...it.server, url: `http://127.0.0.1:${port}` } }
    expect(await failureOf(ask(nobody))).toBe("transient: it cannot be reached (ECONNREFUSED)")
    expect(await failureOf(ask({ ...it, timeoutMs: 50 }))).toBe("transient: it did not answer in time")
    expect(await failureOf(ask({ ...it, silenceMs: 50 }))).toBe("transient: it did not answer in time")
  })

  test("whose answer was lost is not sent a second time where that is paid twice", async () => {
    const it = await asked((_, response) => sendHalf(response, new Uint8Array(1_000)))
    expect(await failureOf(ask(it))).toMatch(/^transient: the connection broke before its answer was complete/)
    expect(await failureOf(ask({ ...it, onLost: "fatal" }))).toMatch(/^fatal: .*it is not sent a second time$/)
  })

  test("with an answer over the limit is refused, and the rest is not fetched", async () => {
    const it = await asked((_, response) => sendBytes(response, new Uint8Array(3 * 1024 ** 2)), {
      maxBytes: 2 * 1024 ** 2,
    })
    expect(await failureOf(ask(it))).toBe("input: its answer is larger than 2 MB: ask for less")
    const stream = askStream(it, async (chunks) => {
      for await (const chunk of chunks) return chunk.byteLength
      return 0
    })
    expect(await stream).toBeGreaterThan(0)
  })

  test("is never sent on to where the server points", async () => {
    const it = await asked((_, response) => {
      response.writeHead(302, { location: "http://127.0.0.1:1/secret" })
      response.end()
    })
    expect(await failureOf(ask(it))).toMatch(/^fatal: it sends requests to another address/)
  })
})

describe("a refusal becomes a class and words", () => {
  test.each([
    [400, { error: { message: "size is unknown" } }, "input: it refused the order (status 400): size is unknown"],
    [401, { error: { message: "wrong key s3cret" } }, "fatal: it does not accept the key in SHOP_KEY"],
    [402, { message: "Insufficient funds" }, "capacity: its account has no credit left: Insufficient funds"],
    [404, { detail: "Not Found" }, "fatal: it has nothing at this address (status 404): Not Found"],
    [413, {}, "input: what was sent is too large for it"],
    [
      422,
      { detail: [{ loc: ["body", "seed"], msg: "too small" }] },
      "input: it refused the order (status 422): seed: too",
    ],
    [429, { detail: "slow\n\u0007down" }, "transient: it takes no more requests just now: slow down"],
    [
      500,
      "Traceback (most recent call last):\n  File x\nValueError: no mesh",
      "transient: it failed (status 500): ValueError",
    ],
    [503, "<html><style>x</style>down</html>", "transient: it failed (status 503)"],
    [507, { error: "disk" }, "capacity: it has no room left: disk"],
  ])("status %i", async (status, body, expected) => {
    const it = await asked(
      (_, response) => {
        response.writeHead(status)
        response.end(typeof body === "string" ? body : JSON.stringify(body))
      },
      { key: "s3cret" },
    )
    const failure = await failureOf(ask(it))
    expect(failure).toContain(expected)
    expect(failure).not.toContain("s3cret")
  })

  test("what the server says is cut short and never shows the key", async () => {
    const it = await asked((_, response) => sendJson(response, 400, { error: `s3cret ${"x".repeat(5_000)}` }), {
      key: "s3cret",
    })
    const failure = await failureOf(ask(it))
    expect(failure).toContain("(hidden) xxx")
    expect(failure.length).toBeLessThan(400)
  })

  test("an answer that is no JSON, or of another form, is tried again", async () => {
    const it = await asked((_, response) => sendBytes(response, Buffer.from("<html>")))
    expect(await failureOf(askJson(z.object({}), it))).toMatch(/^transient: it answered something that is no JSON/)
    await server?.close()
    const other = await asked((_, response) => sendJson(response, 200, { id: 7 }))
    expect(await failureOf(askJson(z.object({ id: z.string() }), other))).toBe(
      "transient: its answer is not of the expected form (id)",
    )
  })
})

describe("a busy server", () => {
  test("is asked again when it said, and within the time that there is", async () => {
    let busy = 2
    const it = await asked((_, response) =>
      busy-- > 0 ? sendJson(response, 429, {}, { "retry-after-ms": "5" }) : sendJson(response, 200, {}),
    )
    const told: string[] = []
    const link = { ...it, progress: ({ text }: { text: string }) => void told.push(text) }
    await patiently(link, 1_000, () => ask(it))
    expect(told).toEqual(Array(2).fill("workhorse is busy: asked again in 1 s"))
  })

  test("that wants to be left alone for longer goes back to the queue", async () => {
    const it = await asked((_, response) => sendJson(response, 429, {}, { "retry-after": "3600" }))
    const link = { ...it, progress: () => undefined }
    expect(await failureOf(patiently(link, 1_000, () => ask(it)))).toMatch(/^transient: it takes no more requests/)
    expect(server?.seen).toHaveLength(1)
  })
})

describe("addresses", () => {
  const at = (url: string) => serverRef("gradio", url)
  test("stand below the server's own, slash or not", () => {
    expect(addressOf(at("http://a:1/v1"), "x/y").href).toBe("http://a:1/v1/x/y")
    expect(addressOf(at("http://a:1/v1/"), "/x").href).toBe("http://a:1/v1/x")
  })

  test("that a server names are fetched from itself and from hosts that the operator named, and nowhere else", () => {
    const trusted = (text: string) => trustedUrl(at("http://a:1/v1"), text, ["cdn.example.org"])?.href
    expect(trusted("http://a:1/f.glb")).toBe("http://a:1/f.glb")
    expect(trusted("f.glb")).toBe("http://a:1/v1/f.glb")
    expect(trusted("https://cdn.example.org/f?s=1")).toBe("https://cdn.example.org/f?s=1")
    for (const foreign of [
      "http://a:2/f",
      "http://cdn.example.org/f",
      "https://cdn.example.org:444/f",
      "https://u:p@cdn.example.org/f",
      "https://evil.example/f",
      "file:///etc/passwd",
      "//evil.example/f",
      "http://169.254.169.254/latest",
    ])
      expect(trusted(foreign), foreign).toBeUndefined()
  })
})

describe("a key", () => {
  test("comes from the environment and is missed in words", () => {
    vi.stubEnv("SHOP_KEY", " k3y ")
    expect(keyOf(serverRef("openai", "http://a", { keyEnv: "SHOP_KEY" }))).toBe("k3y")
    expect(keyOf(serverRef("openai", "http://a"))).toBeUndefined()
    expect(() => keyOf(serverRef("openai", "http://a", { keyEnv: "NO_SUCH_KEY" }))).toThrow(
      "workhorse: NO_SUCH_KEY, which should hold its key, is not set where the workers run",
    )
  })

  test("that would break the header is refused without showing it", () => {
    vi.stubEnv("SHOP_KEY", "k3y\nx: y")
    expect(() => keyOf(serverRef("openai", "http://a", { keyEnv: "SHOP_KEY" }))).toThrow(
      "what stands in SHOP_KEY is no key",
    )
  })
})
