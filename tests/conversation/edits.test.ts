import { afterEach, expect, test } from "vitest"
import { plainText } from "#src/conversation/document.ts"
import { boards } from "#tests/conversation/boards.ts"
import { talk, type Talk } from "#tests/conversation/talk.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"

const opened: Talk[] = []
let studio: TestStudio | undefined
afterEach(async () => {
  for (const it of opened.splice(0)) await it.close()
  await studio?.close()
  studio = undefined
})
const parametersOf = async (_kind: string, data: unknown) => data as Record<string, string | number>
const begin = async (): Promise<Talk> => {
  studio ??= await testStudio()
  const it = await talk(boards().registry, { studio, parametersOf })
  opened.push(it)
  return it
}
const now = () => {
  const items = studio?.services.items
  const item = items?.list("local")[0]
  return { head: item?.head, data: item && items?.revision(item.id, item.head)?.data }
}

test("forty edits in a row, in plain words, are forty revisions of one thing", async () => {
  const it = await begin()
  await it.say("make a red board")
  for (let at = 1; at <= 40; at++) {
    const answer = await it.say(`make it ${100 + at} mm wide`)
    expect(plainText(answer.doc)).toContain("Changed.")
  }
  expect(now()).toEqual({ head: 41, data: { colour: "red", width_mm: 140 } })
  await it.say("undo that")
  expect(now().data).toEqual({ colour: "red", width_mm: 139 })
  expect(it.conversations.transcript("local", it.thread.id)).toHaveLength(84)
})

test("two surfaces work on one thing: each goes on from what the other has made", async () => {
  const page = await begin()
  const terminal = await begin()
  const other = terminal.conversations.open({ surface: "web", tenantId: "local", thread: "w" }, terminal.caller)
  const type = (text: string) => terminal.conversations.send(other.id, { caller: terminal.caller, text })
  await page.say("make a red board")
  await type("make it 150 mm wide")
  await page.say("make it blue")
  await type("make it 160 mm wide")
  expect(now()).toEqual({ head: 4, data: { colour: "blue", width_mm: 160 } })
})

test("the other one is the one that was in front before", async () => {
  const it = await begin()
  await it.say("make a red board")
  await it.say("make a blue board")
  const answer = await it.say("make the other one 170 mm wide")
  expect(plainText(answer.doc)).toContain("Changed.")
  expect(now().data).toEqual({ colour: "red", width_mm: 170 })
})
