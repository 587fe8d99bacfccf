import { connect } from "node:net"
import { afterEach, beforeEach, expect, test } from "vitest"
import { openPageStream } from "#bots/web/api/events/page-stream.ts"
import { createTopic } from "#bots/web/api/events/topic.ts"
import type { StudioEvent } from "#bots/web/api/types.ts"
import type { Thread } from "#src/conversation/conversation.ts"
import { openDb } from "#src/platform/store/db.ts"
import { databasePath } from "#src/platform/store/data-dir.ts"
import { createItems } from "#src/platform/store/items.ts"
import { webRig, type Browser, type Heard, type Listening, type WebRig } from "#tests/bots/web/api/rig.ts"

let rig: WebRig
let browser: Browser
let thread: Thread
beforeEach(async () => {
  rig = await webRig({ web: { messagesPerMinute: 1_000 } })
  browser = await rig.browser()
  thread = (await (await browser.post("/api/threads", {})).json()) as Thread
})
afterEach(() => rig.close())

const say = (text: string) => browser.post(`/api/threads/${thread.id}/messages`, { text })
const numbers = (heard: Heard[]) =>
  heard.flatMap(({ event }) => (event.kind === "message" ? [event.message.number] : []))
const isAnswer = (text: string) => (event: StudioEvent) =>
  event.kind === "turn-ended" && JSON.stringify(event.message.doc).includes(text)
const newItem = (name: string) => {
  const { items } = rig.studio.services
  const projectId = items.currentProject("local").id
  return items.create({ accountId: "local", projectId, kind: "design", name, data: { name }, note: "created" }).item
}

test("a page that comes late hears the running turn from its beginning", async () => {
  await say("slow ring")
  const stream = await browser.events(`?thread=${thread.id}`)
  expect(await stream.until((event) => event.kind === "hello")).toEqual({ kind: "hello", resumed: false })
  await stream.until((event) => event.kind === "turn-started")
  rig.talk.release()
  await stream.until(isAnswer("slow ring"))
  expect(stream.heard.map(({ event }) => event.kind)).toEqual(
    expect.arrayContaining(["hello", "message", "turn-started", "delta", "turn-ended"]),
  )
  await stream.close()
})

test("a stream that is cut again and again loses nothing and repeats nothing", async () => {
  const all: Heard[] = []
  let last: string | undefined
  const listen = (): Promise<Listening> =>
    browser.events(`?thread=${thread.id}`, last === undefined ? {} : { "last-event-id": last })
  const take = async (stream: Listening) => {
    await stream.close()
    last = stream.heard.at(-1)?.id ?? last
    all.push(...stream.heard)
  }
  const first = await listen()
  await first.until((event) => event.kind === "hello")
  await take(first)
  for (let round = 0; round < 4; round++) {
    await say(`before ${round}`)
    newItem(`item ${round}`)
    const stream = await listen()
    await say(`during ${round}`)
    const isItem = (event: StudioEvent) => event.kind === "item" && event.item.name === `item ${round}`
    await stream.untilAll(isAnswer(`during ${round}`), isItem)
    await take(stream)
  }
  expect(numbers(all)).toEqual([1, 3, 5, 7, 9, 11, 13, 15])
  const items = all.flatMap(({ event }) => (event.kind === "item" ? [event.item.name] : []))
  expect(items).toEqual(["item 0", "item 1", "item 2", "item 3"])
  const hellos = all.flatMap(({ event }) => (event.kind === "hello" ? [event.resumed] : []))
  expect(hellos).toEqual([false, true, true, true, true])
  expect(all.some(({ event }) => event.kind === "reset")).toBe(false)
})

test("a cursor of an earlier run, or none at all, is said to be of no use", async () => {
  for (const after of ["old1.5.x.9", "'; DROP TABLE item", "a".repeat(5_000)]) {
    const stream = await browser.events(`?after=${encodeURIComponent(after)}`)
    expect(await stream.until((event) => event.kind === "hello")).toEqual({ kind: "hello", resumed: false })
    await stream.close()
  }
})

test("a page that was away for too long is told so", () => {
  const topic = createTopic(0)
  for (let i = 0; i < 600; i++) topic.publish({ i })
  expect([topic.has(50), topic.has(100), topic.has(600)]).toEqual([false, true, true])
  const got: number[] = []
  topic.subscribe(598, ({ seq }) => got.push(seq))
  topic.publish({ i: 600 })
  expect(got).toEqual([599, 600, 601])
})

test("two pages see what another process does to a design: made, revised, undone", async () => {
  const pages = [await browser.events(), await browser.events(`?thread=${thread.id}`)]
  const elsewhere = openDb(databasePath(rig.studio.config.dataDir))
  const items = createItems(elsewhere, rig.studio.clock)
  const told = async (change: string) => {
    for (const page of pages)
      expect(await page.until((event) => event.kind === "item" && event.change === change)).toMatchObject({
        item: { name: "Ring" },
      })
  }
  const projectId = items.currentProject("local").id
  const input = { accountId: "local", projectId, kind: "design", name: "Ring", data: { a: 1 }, note: "created" }
  const { item } = items.create(input)
  await told("created")
  items.revise("local", item.id, { expectedHead: 1, data: { a: 2 }, note: "set a" })
  await told("revised")
  items.undo("local", item.id)
  await told("moved")
  expect(pages[0]?.heard.at(-1)?.event).toMatchObject({ item: { head: 1 }, revision: { number: 1, note: "created" } })
  elsewhere.close()
  for (const page of pages) await page.close()
})

test("nobody hears of the things of somebody else", async () => {
  const { id } = rig.studio.accounts.forIdentity({ platform: "test", tenant: "t", externalId: "x" }, "Somebody else")
  const other = await (await rig.browser(id)).events()
  const own = await browser.events()
  newItem("secret")
  await own.until((event) => event.kind === "item")
  const { items } = rig.studio.services
  const projectId = items.currentProject(id).id
  items.create({ accountId: id, projectId, kind: "design", name: "theirs", data: {}, note: "" })
  await other.until((event) => event.kind === "item")
  expect(JSON.stringify(other.heard)).not.toContain("secret")
  await own.close()
  await other.close()
})

test("200 pages hear the same events; each is made once, and pages that leave are forgotten", async () => {
  const pages = await Promise.all(Array.from({ length: 200 }, () => browser.events(`?thread=${thread.id}`)))
  expect(rig.web.hub.pages).toBe(200)
  let made = 0
  const { artifacts } = rig.studio.services
  const { group } = artifacts
  artifacts.group = (...args) => {
    made++
    return group(...args)
  }
  newItem("Ring")
  await say("hello to all")
  await Promise.all(pages.map((page) => page.untilAll((event) => event.kind === "item", isAnswer("hello to all"))))
  expect(made).toBe(1)
  await Promise.all(pages.map((page) => page.close()))
  await expect.poll(() => rig.web.hub.pages, { timeout: 5_000 }).toBe(0)
})

test("a page that does not read is dropped with a hint to come back, and holds no memory", async () => {
  let ended = 0
  const stream = openPageStream(() => ended++)
  const chunk = new Uint8Array(256 * 1024).fill(0x20)
  for (let i = 0; i < 20; i++) stream.send(chunk)
  expect([stream.isOpen, ended]).toEqual([false, 1])
  const text = await new Response(stream.body).text()
  expect(text.length).toBeLessThan(1024 * 1024)
  expect(text).toMatch(/retry: 1000\ndata: \{"kind":"bye","reason":"slow","retryMs":1000\}\n\n$/)
})

test("a connection that stalls does not hold up the others", async () => {
  const { port } = new URL(rig.url)
  const stalled = connect(Number(port), "127.0.0.1")
  const headers = `Host: 127.0.0.1:${port}\r\nCookie: ${browser.cookie}\r\n`
  stalled.write(`GET /api/events?thread=${thread.id} HTTP/1.1\r\n${headers}\r\n`)
  stalled.pause()
  const page = await browser.events(`?thread=${thread.id}`)
  await expect.poll(() => rig.web.hub.pages).toBe(2)
  const large = "x".repeat(200_000)
  for (let i = 0; i < 100 && rig.web.hub.pages === 2; i++) {
    const { number } = rig.talk.say(thread.id, [{ kind: "text", text: large }])
    await page.until((event) => event.kind === "message" && event.message.number === number)
  }
  expect(rig.web.hub.pages).toBe(1)
  stalled.destroy()
  await page.close()
})

test("the streams of a session end with it, and all of them with the studio", async () => {
  const second = await rig.browser()
  const [mine, theirs] = [await browser.events(), await second.events()]
  await second.post("/api/session/end", {})
  expect(await theirs.until((event) => event.kind === "bye")).toMatchObject({ reason: "session" })
  rig.web.close()
  expect(await mine.until((event) => event.kind === "bye")).toMatchObject({ reason: "stopping" })
})
