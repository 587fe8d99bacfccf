import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { afterEach, expect, test } from "vitest"
import { boards } from "#tests/conversation/boards.ts"
import { talk, type Talk } from "#tests/conversation/talk.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"

let open: Talk | undefined
let studio: TestStudio | undefined
afterEach(async () => {
  await open?.close()
  await studio?.close()
  open = studio = undefined
})

const WORD = "zanzibar"

/** How often the word stands in the files of the database. */
function found(dataDir: string): number {
  const files = readdirSync(dataDir).filter((name) => /\.(db|sqlite)/.test(name))
  expect(files.length).toBeGreaterThan(0)
  return files.reduce((sum, name) => sum + readFileSync(join(dataDir, name), "latin1").split(WORD).length - 1, 0)
}

test("deleting a person's conversations leaves no byte of their words in the database's files", async () => {
  studio = await testStudio({ file: true })
  open = await talk(boards().registry, { studio })
  const { conversations, thread, caller } = open
  for (let at = 0; at < 60; at++) {
    const text = `make a red board for ${WORD} ${at} ${`${WORD} `.repeat((at * 37) % 400)}`
    await conversations.send(thread.id, { caller, text, quoted: [{ author: "x", text: WORD.repeat(at * 3) }] })
  }
  await open.say(`make it 120 mm wide for ${WORD}`)
  expect(found(studio.config.dataDir)).toBeGreaterThan(100)
  expect(JSON.stringify(conversations.exportData("local"))).toContain(WORD)
  expect(conversations.deleteData("local")).toBe(1)
  expect(found(studio.config.dataDir)).toBe(0)
  expect(conversations.exportData("local")).toEqual({ threads: [], messages: [] })
})

test("an old thread is removed by its retention, without a trace; one that is used is kept", async () => {
  studio = await testStudio({ file: true })
  open = await talk(boards().registry, { studio })
  const { conversations, caller } = open
  await open.say(`make a red board for ${WORD}`)
  studio.clock.advance(20 * 24 * 3_600_000)
  const used = conversations.open({ surface: "cli", tenantId: "local", thread: "u" }, caller)
  studio.clock.advance(11 * 24 * 3_600_000)
  expect(conversations.purge()).toBe(1)
  expect(found(studio.config.dataDir)).toBe(0)
  expect(conversations.list("local").map((it) => it.id)).toEqual([used.id])
})

test("a conversation that is deleted while it is answered ends, and does not come back", async () => {
  const family = boards()
  family.gate = new Promise(() => {})
  open = await talk(family.registry)
  const running = open.say("make a red board")
  void running.catch(() => {})
  expect(open.conversations.deleteData("local")).toBe(1)
  await expect(running).rejects.toThrow(/deleted/)
  expect(open.conversations.list("local")).toEqual([])
  expect(family.done).toEqual([])
})
