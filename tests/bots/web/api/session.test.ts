import { afterAll, beforeAll, expect, test } from "vitest"
import { z } from "zod"
import { cookieFrom, webRig, type WebRig } from "#tests/bots/web/api/rig.ts"

let rig: WebRig
beforeAll(async () => {
  rig = await webRig()
})
afterAll(() => rig.close())

const enter = (token: string, cookie = "") =>
  fetch(`${rig.url}/?token=${token}`, { redirect: "manual", headers: { cookie } })

test("a link opens one session, once: the cookie is out of reach of scripts and other sites", async () => {
  const link = new URL(rig.web.link(rig.url))
  const token = link.searchParams.get("token") ?? ""
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)

  const first = await enter(token)
  expect(first.status).toBe(303)
  expect(first.headers.get("location")).toBe("./")
  expect(first.headers.getSetCookie()[0]).toMatch(
    /^atelier_\d+=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/,
  )
  const state = await fetch(`${rig.url}/api/state`, { headers: { cookie: cookieFrom(first) } })
  expect(state.status).toBe(200)
  expect(await state.json()).toMatchObject({ account: { id: "local", role: "admin" }, session: { by: "link" } })

  const second = await enter(token)
  expect(second.headers.get("location")).toBe("./?link=expired")
  expect(second.headers.getSetCookie()).toEqual([])
  const again = await enter(token, cookieFrom(first))
  expect(again.headers.get("location")).toBe("./")
})

test("looking at a link without opening it does not use it up; a day later it is void", async () => {
  const [looked, late] = [rig.web.link(rig.url), rig.web.link(rig.url)]
  await fetch(looked, { method: "HEAD", redirect: "manual" })
  expect(cookieFrom(await fetch(looked, { redirect: "manual" }))).not.toBe("")
  rig.studio.clock.advance(24 * 3_600_000)
  expect(cookieFrom(await fetch(late, { redirect: "manual" }))).toBe("")
})

test("neither tokens nor cookies are stored, only hashes", async () => {
  const link = rig.web.link(rig.url)
  const { cookie } = await rig.browser()
  const dump = JSON.stringify([
    rig.studio.db.all(anything, "SELECT * FROM web_link"),
    rig.studio.db.all(anything, "SELECT * FROM web_session"),
  ])
  expect(dump).not.toContain(link.split("=")[1])
  expect(dump).not.toContain(cookie.split("=")[1])
})

test.each(["", "a".repeat(43), "a".repeat(5_000), "%00", "' OR 1=1 --"])(
  "the token %j opens nothing",
  async (token) => {
    expect((await enter(encodeURIComponent(token))).headers.getSetCookie()).toEqual([])
  },
)

test("without a session every request is refused with how to get in", async () => {
  for (const path of ["/api/state", "/api/threads", "/api/items", "/api/events", "/api/jobs", "/api/nothing"]) {
    const answer = await rig.stranger().get(path)
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({
      error: { code: "unauthorized", hint: expect.stringContaining("link") },
    })
  }
})

test("a session ends when it was not used for 30 days, and when it is revoked", async () => {
  const [kept, idle, other] = [await rig.browser(), await rig.browser(), await rig.browser()]
  rig.studio.clock.advance(20 * 24 * 3_600_000)
  expect((await kept.get("/api/quota")).status).toBe(200)
  expect((await other.get("/api/quota")).status).toBe(200)
  rig.studio.clock.advance(20 * 24 * 3_600_000)
  expect((await kept.get("/api/quota")).status).toBe(200)
  expect((await idle.get("/api/quota")).status).toBe(401)

  const sessions = (await (await kept.get("/api/sessions")).json()) as { id: string; current: boolean }[]
  const found = sessions.find((it) => !it.current)
  expect((await kept.post(`/api/sessions/${found?.id}/revoke`, {})).status).toBe(200)
  expect((await other.get("/api/quota")).status).toBe(401)
  const end = await kept.post("/api/session/end", {})
  expect(end.headers.getSetCookie()[0]).toContain("Max-Age=0")
  expect((await kept.get("/api/quota")).status).toBe(401)
})

test("an API key signs in with its own role, as long as it works; a limited key does not", async () => {
  const { keys } = rig.studio
  const by = { id: "local", surface: "cli" } as const
  const make = (scopes: string[]) => keys.create(by, { accountId: "local", name: "k", role: "user", scopes })
  const signIn = (key: string) => rig.stranger().post("/api/session", { key })

  expect((await signIn("atl_wrong")).status).toBe(401)
  expect((await signIn(make(["design:read"]).token)).status).toBe(403)
  const { key, token } = make(["*"])
  const answer = await signIn(token)
  expect(await answer.json()).toMatchObject({ by: "key", current: true })
  const get = () => fetch(`${rig.url}/api/state`, { headers: { cookie: cookieFrom(answer) } })
  expect(await (await get()).json()).toMatchObject({ account: { role: "user" } })
  keys.revoke(by, key.id)
  expect((await get()).status).toBe(401)
})

const anything = z.record(z.string(), z.unknown())
