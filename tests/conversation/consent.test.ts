import { afterEach, expect, test } from "vitest"
import type { Message } from "#src/conversation/conversation.ts"
import { plainText } from "#src/conversation/document.ts"
import { boards } from "#tests/conversation/boards.ts"
import { scripted } from "#tests/conversation/scripted.ts"
import { talk, type Talk } from "#tests/conversation/talk.ts"

let open: Talk | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})

const buttons = (message: Message) => message.doc.filter((block) => block.kind === "button")
const only = (message: Message, label: RegExp) => {
  const found = buttons(message).find((it) => label.test(it.label))
  if (!found) throw new Error(`no button ${label.source} in ${plainText(message.doc)}`)
  return found.id
}
const burns = () => scripted(() => ({ calls: [{ tool: "board_burn", input: {} }] }))

test.each([
  ["in command mode", undefined],
  ["with a model", burns],
])("what destroys is carried out by the person's own yes, typed or pressed: %s", async (_, model) => {
  const { registry, done } = boards()
  open = await talk(registry, model ? { llm: model().llm } : {})
  const asked = await open.say("burn all boards")
  expect(done).toEqual([])
  expect(buttons(asked).map((it) => it.tone)).toEqual(["danger", "plain"])
  expect(plainText((await open.say("yes")).doc)).toContain("ashes")
  expect(done).toEqual(["burn"])

  const again = await open.say("burn all boards")
  expect(plainText((await open.say("no")).doc)).toContain("Nothing was done")
  await expect(open.conversations.press(open.thread.id, only(again, /^Yes|yes/), open.caller)).rejects.toThrow(
    /already/,
  )
  expect(done).toEqual(["burn"])
})

test("a yes that is pressed twice counts once, also at the same moment", async () => {
  const { registry, done } = boards()
  open = await talk(registry)
  const yes = only(await open.say("burn all boards"), /yes/i)
  const { conversations, thread, caller } = open
  const both = await Promise.allSettled([1, 2].map(() => conversations.press(thread.id, yes, caller)))
  expect(both.map((it) => it.status).sort()).toEqual(["fulfilled", "rejected"])
  expect(done).toEqual(["burn"])
})

test("a button is too old after a week, unknown buttons do nothing, and nobody else may press", async () => {
  const { registry, done } = boards()
  open = await talk(registry)
  const { conversations, thread, caller, studio } = open
  const yes = only(await open.say("burn all boards"), /yes/i)
  const other = studio.accounts.forIdentity({ platform: "test", tenant: "t", externalId: "2" }, "Somebody else")
  await expect(conversations.press(thread.id, yes, { ...caller, accountId: other.id })).rejects.toThrow(
    /no such thread/,
  )
  await expect(conversations.press(thread.id, "btn_nothing", caller)).rejects.toThrow(/gone/)
  studio.clock.advance(8 * 24 * 3_600_000)
  await expect(conversations.press(thread.id, yes, caller)).rejects.toThrow(/too old/)
  expect(plainText((await open.say("yes")).doc)).not.toContain("ashes")
  expect(done).toEqual([])
})

test("a yes to something else than the open question agrees to nothing", async () => {
  const { registry, done } = boards()
  open = await talk(registry)
  await open.say("burn all boards")
  await open.say("make a red board")
  await open.say("yes")
  expect(done).toEqual(["create red"])
})

test("a yes that is typed while an answer is being written cannot meet a question that was not there yet", async () => {
  const family = boards()
  const held = Promise.withResolvers<void>()
  family.gate = held.promise
  open = await talk(family.registry)
  const first = open.say("make a red board")
  const second = open.say("burn all boards")
  const third = open.say("yes")
  held.resolve()
  await Promise.all([first, second, third])
  expect(family.done).toEqual(["create red"])
})

test("work over the allowance is put to the person before anything is accepted", async () => {
  const { registry } = boards()
  open = await talk(registry, { limits: { patienceMs: 10 } })
  const asked = await open.say("dry for 600")
  expect(plainText(asked.doc)).toContain("about 600 s of work")
  const jobs = () => open?.studio.services.jobs.list("local") ?? []
  expect(jobs()).toEqual([])
  await open.conversations.press(open.thread.id, only(asked, /^Yes/), open.caller)
  expect(jobs().map((it) => it.title)).toEqual(["drying for 600 s"])
})

test("a model that goes on after a question does nothing more, and the person is told what was left", async () => {
  const { registry, done } = boards()
  const { llm } = scripted(() => ({
    calls: [
      { tool: "board_create", input: { colour: "red" } },
      { tool: "board_burn", input: {} },
      { tool: "board_create", input: { colour: "blue" } },
    ],
  }))
  open = await talk(registry, { llm })
  const asked = await open.say("tidy up")
  expect(done).toEqual(["create red"])
  expect(plainText(asked.doc)).toContain("Not done before this is settled: Make a board.")
})
