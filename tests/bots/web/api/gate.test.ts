import { request as rawRequest } from "node:http"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { refuseForeign, sessionCookie } from "#bots/web/api/gate.ts"
import { webRig, type Browser, type WebRig } from "#tests/bots/web/api/rig.ts"

let rig: WebRig
let browser: Browser
beforeAll(async () => {
  rig = await webRig()
  browser = await rig.browser()
})
afterAll(() => rig.close())

describe("a request that changes something", () => {
  test.each([
    ["another site", { origin: "https://evil.example" }],
    ["another port of this machine", { origin: "http://127.0.0.1:1" }],
    ["a sandboxed page", { origin: "null" }],
    ["nowhere", { origin: "" }],
    ["a form, without the header", { "x-atelier": "" }],
    ["a page that the browser calls another one of this site", { "sec-fetch-site": "same-site" }],
  ])("is refused from %s", async (_from, headers) => {
    const before = rig.talk.list("local").length
    expect((await browser.post("/api/threads", {}, headers)).status).toBe(403)
    expect(rig.talk.list("local")).toHaveLength(before)
  })

  test("is refused as a form, even with all headers", async () => {
    const answer = await browser.post("/api/call", {}, { "content-type": "text/plain" })
    expect(answer.status).toBe(400)
  })

  test("is accepted from the page itself", async () => {
    expect((await browser.post("/api/threads", {}, { "sec-fetch-site": "same-origin" })).status).toBe(201)
  })
})

test("reading is refused to pages of other origins too", async () => {
  expect((await browser.get("/api/state", { "sec-fetch-site": "same-site" })).status).toBe(403)
  expect((await browser.get("/api/state", { "sec-fetch-site": "none" })).status).toBe(200)
})

test("another host name does not reach the studio (DNS rebinding)", async () => {
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  const { port } = new URL(rig.url)
  const headers = { host: `evil.example:${port}`, cookie: browser.cookie }
  rawRequest({ port, path: "/api/state", headers }, (answer) => resolve(answer.resume().statusCode)).end()
  expect(await promise).toBe(403)
})

test("behind a public https address the cookie is bound to it, and only its origin may write", () => {
  const config = { publicUrl: "https://studio.example.org" }
  const from = (origin: string) =>
    new Request("http://studio.example.org/api/threads", {
      method: "POST",
      headers: { host: "studio.example.org", origin, "x-atelier": "1" },
    })
  expect(() => refuseForeign(from("https://studio.example.org"), config)).not.toThrow()
  expect(() => refuseForeign(from("http://studio.example.org"), config)).toThrow("Only pages of the studio")
  const session = {
    id: "s",
    accountId: "local",
    tenantId: "local",
    keyId: null,
    createdAt: 0,
    lastUsedAt: 0,
    expiresAt: 0,
  }
  expect(sessionCookie(from("https://studio.example.org"), config, { session, secret: "s" })).toBe(
    "__Host-atelier=s; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000; Secure",
  )
})

test.each([
  ["not JSON", "{", "not JSON"],
  ["unknown fields", { text: "hi", role: "admin" }, "role"],
  ["too long a text", { text: "x".repeat(20_001) }, "20000"],
  ["a body over a megabyte", { text: "x".repeat(1_100_000) }, "1 MB"],
])("a message with %s is refused in words", async (_what, body, words) => {
  const { id } = (await (await browser.post("/api/threads", {})).json()) as { id: string }
  const answer =
    typeof body === "string"
      ? await fetch(`${rig.url}/api/threads/${id}/messages`, {
          method: "POST",
          body,
          headers: {
            cookie: browser.cookie,
            origin: rig.url,
            "x-atelier": "1",
            "content-type": "application/json",
          },
        })
      : await browser.post(`/api/threads/${id}/messages`, body)
  expect([400, 413]).toContain(answer.status)
  expect(JSON.stringify(await answer.json())).toContain(words)
})
