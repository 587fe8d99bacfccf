import { setTimeout } from "node:timers/promises"
import { afterEach, expect, test } from "vitest"
import { z } from "zod"
import type { Message, ThreadEvent } from "#src/conversation/conversation.ts"
import { plainText } from "#src/conversation/document.ts"
import { defineTool, type Tool } from "#src/tool.ts"
import { talk, type Talk } from "#tests/conversation/talk.ts"
import { createRegistry } from "#tools/registry.ts"

const made: string[] = []
/** Lets the tool under test finish; replaced by tests that want it to take its time. */
let gate: Promise<void> = Promise.resolve()

const paint = defineTool({
  name: "board_paint",
  title: "Paint a board",
  description: "Paints a board in a colour.",
  effect: "writes",
  cost: "free",
  role: "user",
  input: z.object({ colour: z.enum(["red", "blue"]).describe("Colour.") }),
  output: z.object({ board: z.string(), description: z.string() }),
  examples: [{ say: "paint a red board", input: { colour: "red" } }],
  async run({ colour }, studio) {
    await Promise.race([
      gate,
      new Promise((resolve) => studio.signal.addEventListener("abort", resolve, { once: true })),
    ])
    studio.signal.throwIfAborted()
    made.push(colour)
    const { items, caller } = studio
    const projectId = items.currentProject(caller.accountId).id
    const { item } = items.create({
      accountId: caller.accountId,
      projectId,
      kind: "board",
      name: colour,
      data: { colour },
      note: "painted",
    })
    return { say: `A ${colour} board.`, data: { board: item.id, description: `${colour} board` } }
  },
})
const burn = defineTool({
  name: "board_burn",
  title: "Burn all boards",
  description: "Burns every board.",
  effect: "destroys",
  cost: "free",
  role: "user",
  input: z.object({}),
  output: z.object({ burnt: z.number() }),
  examples: [{ say: "burn all boards", input: {} }],
  run: async () => {
    made.push("burnt")
    return { say: "Everything is ashes.", data: { burnt: 1 } }
  },
})
const registry = createRegistry([paint, burn] as Tool[]) // the list holds tools of different schemas

let open: Talk | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
  gate = Promise.resolve()
  made.length = 0
})

const buttons = (message: Message) => message.doc.filter((block) => block.kind === "button")

test("a sentence is carried out and answered, and the thread then knows what it is about", async () => {
  open = await talk(registry)
  const answer = await open.say("paint a red board")
  expect(plainText(answer.doc)).toContain("A red board.")
  expect(made).toEqual(["red"])
  const said = open.conversations.transcript("local", open.thread.id)
  expect(said.map((it) => [it.number, it.role])).toEqual([
    [1, "user"],
    [2, "assistant"],
  ])
  expect(open.conversations.list("local")[0]).toMatchObject({ title: "paint a red board" })
})

test("one turn at a time: what is said meanwhile is answered after it, together", async () => {
  open = await talk(registry)
  const held = Promise.withResolvers<void>()
  gate = held.promise
  const first = open.say("paint a red board")
  const second = open.say("paint a blue board")
  const third = open.say("hello?")
  await setTimeout(30)
  expect(made).toEqual([])
  held.resolve()
  await first
  const [two, three] = await Promise.all([second, third])
  expect(two).toEqual(three)
  const roles = open.conversations.transcript("local", open.thread.id).map((it) => it.role)
  expect(roles).toEqual(["user", "user", "user", "assistant", "assistant"])
})

test("events come in order, and a reader that was away gets what it missed", async () => {
  open = await talk(registry)
  await open.say("paint a red board")
  const seen: ThreadEvent[] = []
  const signal = AbortSignal.timeout(200)
  for await (const event of open.conversations.events(open.thread.id, { after: 0, signal })) seen.push(event)
  expect(seen.map((it) => it.seq)).toEqual(seen.map((_, index) => index + 1))
  const kinds = seen.map((it) => it.kind)
  expect(kinds).toEqual(["message", "turn-started", "tool-started", "tool-ended", "focus", "delta", "turn-ended"])
  const later: ThreadEvent[] = []
  const last = seen.at(-2)?.seq ?? 0
  for await (const event of open.conversations.events(open.thread.id, { after: last, signal: AbortSignal.timeout(50) }))
    later.push(event)
  expect(later.map((it) => it.kind)).toEqual(["turn-ended"])
})

test("Stop ends the turn with an answer that says so, and the next one works", async () => {
  open = await talk(registry)
  gate = new Promise(() => {})
  const running = open.say("paint a red board")
  await setTimeout(50)
  open.conversations.stop(open.thread.id, open.caller)
  expect(plainText((await running).doc)).toContain("Stopped")
  gate = Promise.resolve()
  expect(plainText((await open.say("paint a blue board")).doc)).toContain("A blue board.")
  expect(made).toEqual(["blue"])
})

test("what destroys is put to the person, and only that person can agree, once", async () => {
  open = await talk(registry)
  const asked = await open.say("burn all boards")
  expect(made).toEqual([])
  const [yes] = buttons(asked)
  if (!yes) throw new Error("nothing to press")
  const { accounts } = open.studio
  const other = accounts.forIdentity({ platform: "test", tenant: "t", externalId: "2" }, "Somebody else")
  const stranger = { ...open.caller, accountId: other.id }
  await expect(open.conversations.press(open.thread.id, yes.id, stranger)).rejects.toThrow(/no such thread/)
  await open.conversations.press(open.thread.id, yes.id, open.caller)
  expect(made).toEqual(["burnt"])
})

test("the same message sent twice counts once", async () => {
  open = await talk(registry)
  const incoming = { caller: open.caller, text: "paint a red board", messageId: "m1" }
  const running = open.conversations.send(open.thread.id, incoming)
  const meanwhile = open.conversations.send(open.thread.id, incoming)
  expect(await meanwhile).toEqual(await running)
  expect(await open.conversations.send(open.thread.id, incoming)).toEqual(await running)
  expect(made).toEqual(["red"])
})

test("limits are told, and nothing is kept of what was refused", async () => {
  open = await talk(registry)
  await expect(open.say("x".repeat(20_001))).rejects.toThrow(/20001 characters/)
  await expect(open.say("   ")).rejects.toThrow(/empty/)
  expect(open.conversations.transcript("local", open.thread.id)).toEqual([])
})

test("somebody else's thread does not exist", async () => {
  open = await talk(registry)
  await open.say("paint a red board")
  const other = open.studio.accounts.forIdentity({ platform: "test", tenant: "t", externalId: "3" }, "Other")
  expect(open.conversations.get(other.id, open.thread.id)).toBeUndefined()
  expect(open.conversations.transcript(other.id, open.thread.id)).toEqual([])
  await expect(
    open.conversations.send(open.thread.id, { caller: { ...open.caller, accountId: other.id }, text: "hi" }),
  ).rejects.toThrow(/no such thread/)
})

test("deleting a person's conversations leaves none of their words in the database; keeping ends by itself", async () => {
  open = await talk(registry)
  await open.say("paint a red board for zanzibar")
  expect(JSON.stringify(open.conversations.exportData("local"))).toContain("zanzibar")
  expect(open.conversations.deleteData("local")).toBe(1)
  expect(JSON.stringify(open.conversations.exportData("local"))).not.toContain("zanzibar")

  const again = open.conversations.open({ surface: "cli", tenantId: "local", thread: "t2" }, open.caller)
  open.studio.clock.advance(31 * 24 * 3_600_000)
  expect(open.conversations.purge()).toBe(1)
  expect(open.conversations.get("local", again.id)).toBeUndefined()
})
test("deleting while an answer is written stops it and brings no word back", async () => {
  open = await talk(registry)
  gate = new Promise(() => {})
  const both = Promise.allSettled([open.say("paint a red board"), open.say("paint a blue board")])
  await setTimeout(50)
  expect(open.conversations.deleteData("local")).toBe(1)
  expect((await both).map((it) => it.status === "rejected" && String(it.reason))).toEqual([
    expect.stringContaining("deleted"),
    expect.stringContaining("deleted"),
  ])
  gate = Promise.resolve()
  expect(JSON.stringify(open.conversations.exportData("local"))).not.toContain("board")
})

test("closing answers whoever still waits, with words", async () => {
  open = await talk(registry)
  gate = new Promise(() => {})
  const both = Promise.allSettled([open.say("paint a red board"), open.say("paint a blue board")])
  await setTimeout(50)
  await open.conversations.close()
  gate = Promise.resolve()
  const [running, waiting] = await both
  expect(running?.status === "fulfilled" && plainText(running.value.doc)).toContain("was stopped")
  expect(waiting?.status === "rejected" && String(waiting.reason)).toContain("being stopped")
  await expect(open.say("paint a red board")).rejects.toThrow(/being stopped/)
})

test("a double click is one press", async () => {
  open = await talk(registry)
  await open.say("paint a red board")
  made.length = 0
  const id = open.studio.db.get(
    z.object({ id: z.string() }),
    `INSERT INTO conversation_button (id, conversation_id, account_id, label, press, expires_at)
     VALUES ('btn_x', :thread, 'local', 'Blue', :press, 9000000000000000) RETURNING id`,
    {
      thread: open.thread.id,
      press: JSON.stringify({ kind: "call", call: { tool: "board_paint", input: { colour: "blue" } } }),
    },
  )?.id
  const first = open.conversations.press(open.thread.id, id ?? "", open.caller)
  await expect(open.conversations.press(open.thread.id, id ?? "", open.caller)).rejects.toThrow(/chosen already/)
  await first
  expect(made).toEqual(["blue"])
})
