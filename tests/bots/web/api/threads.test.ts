import { afterEach, beforeEach, expect, test } from "vitest"
import type { Thread } from "#src/conversation/conversation.ts"
import { webRig, type Browser, type WebRig } from "#tests/bots/web/api/rig.ts"

let rig: WebRig
let browser: Browser
let thread: Thread
beforeEach(async () => {
  rig = await webRig()
  browser = await rig.browser()
  thread = (await (await browser.post("/api/threads", {})).json()) as Thread
})
afterEach(() => rig.close())

const say = (text: string, who = browser) => who.post(`/api/threads/${thread.id}/messages`, { text })

test("a message is answered with its number while the turn still runs; the transcript has both", async () => {
  const answer = await say("slow ring")
  expect([answer.status, await answer.json()]).toEqual([202, { number: 1 }])
  const before = await (await browser.get(`/api/threads/${thread.id}`)).json()
  expect(before).toMatchObject({ thread: { id: thread.id }, messages: [{ number: 1, role: "user" }] })
  const stream = await browser.events(`?thread=${thread.id}`)
  rig.talk.release()
  await stream.until((event) => event.kind === "turn-ended")
  await stream.close()
  expect(await (await browser.get(`/api/threads/${thread.id}?after=1`)).json()).toMatchObject({
    messages: [{ number: 2, role: "assistant", doc: [{ kind: "text", text: "slow ring" }] }],
  })
})

test("what is refused at once is an error; what fails later is told to the page", async () => {
  const empty = await say("")
  expect(empty.status).toBe(400)
  const stream = await browser.events(`?thread=${thread.id}`)
  expect((await say("slow break")).status).toBe(202)
  rig.talk.release()
  expect(await stream.until((event) => event.kind === "problem")).toMatchObject({
    threadId: thread.id,
    error: { code: "backend", problem: "The echo broke." },
  })
  await stream.close()
})

test("buttons are pressed by their id, and turns are stopped", async () => {
  const press = (button: string) => browser.post(`/api/threads/${thread.id}/press`, { button })
  expect((await press("ok")).status).toBe(202)
  expect((await press("gone")).status).toBe(404)
  expect((await browser.post(`/api/threads/${thread.id}/stop`, { jobs: true })).status).toBe(200)
})

test("a session may send 20 messages a minute, and is told when it may go on", async () => {
  // Making the thread was the first.
  for (let i = 0; i < 19; i++) expect((await say(`${i}`)).status).toBe(202)
  const refused = await say("one more")
  expect(refused.status).toBe(429)
  expect(refused.headers.get("retry-after")).toBe("60")
  rig.studio.clock.advance(60_000)
  expect((await say("again")).status).toBe(202)
})

test("pictures and files in a message carry addresses of this origin that work; one that is gone has none", async () => {
  const { artifacts } = rig.studio.services
  const stored = await artifacts.writerFor("local").put(Buffer.from("hello"), { name: "note.txt", use: "file" })
  rig.talk.say(thread.id, [
    { kind: "file", artifact: stored, label: "Note" },
    { kind: "file", artifact: { ...stored, id: "art_gone" }, label: "Gone" },
  ])
  const { messages } = (await (await browser.get(`/api/threads/${thread.id}`)).json()) as {
    messages: { doc: { label: string; file?: { url: string } }[] }[]
  }
  const [note, gone] = messages[0]?.doc ?? []
  expect(note?.file?.url).toMatch(/^\/files\/art_.*\/note\.txt\?/)
  expect(await (await fetch(rig.url + note?.file?.url)).text()).toBe("hello")
  expect(gone?.file).toBeUndefined()
})

test("nobody sees, writes to or follows the conversation of somebody else", async () => {
  const { id } = rig.studio.accounts.forIdentity({ platform: "test", tenant: "t", externalId: "x" }, "Somebody else")
  const other = await rig.browser(id)
  await say("my secret")
  expect(await (await other.get("/api/threads")).json()).toEqual([])
  expect((await other.get(`/api/threads/${thread.id}`)).status).toBe(404)
  expect((await say("hello", other)).status).toBe(404)
  expect((await other.post(`/api/threads/${thread.id}/press`, { button: "ok" })).status).toBe(404)
  expect((await other.post(`/api/threads/${thread.id}/stop`, {})).status).toBe(404)
  expect((await other.get(`/api/events?thread=${thread.id}`)).status).toBe(404)
  const theirs = await (await other.get("/api/privacy/export")).text()
  expect(theirs).not.toContain("my secret")
})

test("a file of somebody else cannot be sent along", async () => {
  const { id } = rig.studio.accounts.forIdentity({ platform: "test", tenant: "t", externalId: "x" }, "Somebody else")
  const { artifacts } = rig.studio.services
  const theirs = await artifacts.writerFor(id).put(Buffer.from("private"), { name: "a.txt", use: "file" })
  const answer = await browser.post(`/api/threads/${thread.id}/messages`, { text: "read it", files: [theirs.id] })
  expect(answer.status).toBe(404)
})

test("a person can take everything along and have the conversations deleted, with the word for it", async () => {
  await say("hello")
  rig.studio.services.items.create({
    accountId: "local",
    projectId: rig.studio.services.items.currentProject("local").id,
    kind: "design",
    name: "Ring",
    data: { metal: "gold" },
    note: "created",
  })
  const file = await browser.get("/api/privacy/export")
  expect(file.headers.get("content-disposition")).toContain("attachment")
  expect(await file.json()).toMatchObject({
    account: { id: "local" },
    conversations: [[{ doc: [{ text: "hello" }] }, {}]],
    items: [{ item: { name: "Ring" }, revisions: [{ data: { metal: "gold" } }] }],
  })
  expect((await browser.post("/api/privacy/delete", { confirm: "yes" })).status).toBe(400)
  expect(await (await browser.post("/api/privacy/delete", { confirm: "delete" })).json()).toMatchObject({ threads: 1 })
  expect(await (await browser.get("/api/threads")).json()).toEqual([])
})
