import { setTimeout } from "node:timers/promises"
import { afterEach, expect, test } from "vitest"
import type { ThreadEvent } from "#src/conversation/conversation.ts"
import { plainText } from "#src/conversation/document.ts"
import { boards, endJob } from "#tests/conversation/boards.ts"
import { scripted } from "#tests/conversation/scripted.ts"
import { talk, type Talk } from "#tests/conversation/talk.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { createRegistry } from "#tools/registry.ts"

const opened: Talk[] = []
let studio: TestStudio | undefined
afterEach(async () => {
  for (const it of opened.splice(0)) await it.close()
  await studio?.close()
  studio = undefined
})
async function begin(...args: Parameters<typeof talk>): Promise<Talk> {
  const it = await talk(...args)
  opened.push(it)
  return it
}
const words = (it: Talk) => it.conversations.transcript("local", it.thread.id).map((message) => plainText(message.doc))
const openJobs = (it: Talk) => it.studio.services.jobs.list("local", { states: ["waiting", "running"] })
const firstJob = async (it: Talk): Promise<string> => {
  await expect.poll(() => openJobs(it).length).toBe(1)
  return openJobs(it)[0]?.id ?? ""
}

test("a model is told the past in the order of the turns, and what waited only once", async () => {
  const held = Promise.withResolvers<void>()
  const { llm, calls } = scripted((step) =>
    step === 1 ? { text: "First answer.", after: held.promise } : { text: "Second answer." },
  )
  const it = await begin(boards().registry, { llm })
  const first = it.say("one")
  const rest = [it.say("two"), it.say("three")]
  held.resolve()
  await Promise.all([first, ...rest])
  await it.say("four")
  const said = calls.map(({ prompt }) =>
    prompt.flatMap((message) =>
      message.role === "user" || message.role === "assistant"
        ? [message.content.map((part) => (part.type === "text" ? part.text : part.type)).join("")]
        : [],
    ),
  )
  expect(said).toEqual([
    ["one"],
    ["one", "First answer.", "two\n\nthree"],
    ["one", "First answer.", "two\n\nthree", "Second answer.", "four"],
  ])
})

test("earlier calls are told as calls; what does not fit is named in the person's own words", async () => {
  const { llm, prompts } = scripted(
    (step) => (step % 2 ? { calls: [{ tool: "board_create", input: { colour: "red" } }] } : { text: "x".repeat(400) }),
    { contextTokens: 2_000 },
  )
  const it = await begin(boards().registry, { llm })
  for (const name of ["ash", "birch", "cedar", "deal", "elm", "fir"]) await it.say(`a red board called ${name}`)
  const last = prompts.at(-2) ?? ""
  expect(last).toContain('"toolName":"board_create"')
  expect(last).toMatch(/Asked for earlier, oldest first:.*- a red board called ash\\n- a red board called birch/s)
  expect(last.match(/called fir/g)).toHaveLength(1)
})

test("what is streamed is what the answer says, with the model's words before and after its calls", async () => {
  const { llm } = scripted((step) =>
    step === 1
      ? { text: "I make one. ", calls: [{ tool: "board_create", input: { colour: "red" } }] }
      : { text: "Here it is." },
  )
  const it = await begin(boards().registry, { llm })
  const answer = await it.say("a red board")
  const seen: ThreadEvent[] = []
  for await (const event of it.conversations.events(it.thread.id, { after: 0, signal: AbortSignal.timeout(50) }))
    seen.push(event)
  const streamed = seen.map((event) => (event.kind === "delta" ? event.text : "")).join("")
  expect(answer.doc[0]).toEqual({ kind: "text", text: streamed })
  expect(streamed).toMatch(/^I make one\.\s+Here it is\.$/)
  expect(seen.findIndex((it) => it.kind === "delta")).toBeLessThan(seen.findIndex((it) => it.kind === "tool-started"))
})

test.each([
  [{ text: "Half a sent", error: new Error("cut") }, /^Half a sent[^]*broke off/, "failed"],
  [{ text: "Half a sent", finish: "length" as const }, /^Half a sent[^]*cut off/, "done"],
  [{ text: "", finish: "content-filter" as const }, /withheld/, "failed"],
  [{ text: "" }, /gave no answer/, "done"],
])("an answer that is not whole is shown and said to be so: %o", async (step, expected, outcome) => {
  const it = await begin(boards().registry, { llm: scripted(() => step, { commandsLast: true }).llm })
  expect(plainText((await it.say("make a red board")).doc)).toMatch(expected)
  const kinds: unknown[] = []
  for await (const event of it.conversations.events(it.thread.id, { after: 0, signal: AbortSignal.timeout(50) }))
    if (event.kind === "turn-ended") kinds.push(event.outcome)
  expect(kinds).toEqual([outcome])
})

test("command mode answers for a model only where the operator chose it, and says so", async () => {
  const family = boards()
  const down = { error: new Error("down") }
  const it = await begin(family.registry, { llm: scripted(() => down).llm })
  await it.say("make a red board")
  expect(family.done).toEqual([])
  const other = await begin(family.registry, { llm: scripted(() => down, { commandsLast: true }).llm })
  expect(plainText((await other.say("make a red board")).doc)).toContain("No language model answered")
  expect(family.done).toEqual(["create red"])
})

test("a turn may use so many tokens and so much money, and is ended with words", async () => {
  const again = () => ({ calls: [{ tool: "board_create", input: { colour: "red" } }] })
  const it = await begin(boards().registry, { llm: scripted(again).llm, limits: { tokens: 40 } })
  expect(plainText((await it.say("go")).doc)).toContain("more text than one answer may")
  const dear = await begin(boards().registry, { llm: scripted(again, { microUsd: 400_000 }).llm })
  expect(plainText((await dear.say("go")).doc)).toContain("cost more than one answer may")
})

test("edits that a model makes at once are made one after the other", async () => {
  const family = boards()
  const edit = (width_mm: number) => ({ tool: "board_edit", input: { operations: [{ op: "set", width_mm }] } })
  const { llm } = scripted((step) => (step === 1 ? { calls: [edit(110), edit(120), edit(130)] } : { text: "Done." }))
  const it = await begin(family.registry, { llm })
  await begin(family.registry, { studio: it.studio }).then((by) => by.say("make a red board"))
  await it.say("wider")
  const [item] = it.studio.services.items.list("local")
  expect(it.studio.services.items.revision(item?.id ?? "", item?.head ?? 0)?.data).toMatchObject({ width_mm: 130 })
})

test("a turn that waits for a job answers with its result", async () => {
  const it = await begin(boards().registry)
  const answer = it.say("dry for 30")
  endJob(it.studio.db, await firstJob(it), "It is dry.")
  expect(plainText((await answer).doc)).toContain("It is dry.")
  await setTimeout(30)
  expect(words(it)).toHaveLength(2)
})

test("after a Stop the job goes on and is told when it ends; with `jobs` it ends, too", async () => {
  const it = await begin(boards().registry, { limits: { sweepMs: 10 } })
  const answer = it.say("dry for 30")
  const job = await firstJob(it)
  it.conversations.stop(it.thread.id, it.caller)
  expect(plainText((await answer).doc)).toContain("Stopped. What was accepted goes on")
  endJob(it.studio.db, job, "It is dry.")
  await expect.poll(() => words(it).at(-1)).toContain("It is dry.")

  const other = it.say("dry for 40")
  await firstJob(it)
  it.conversations.stop(it.thread.id, it.caller, { jobs: true })
  expect(plainText((await other).doc)).toContain("Stopped. The work that it had begun was cancelled.")
  expect(openJobs(it)).toEqual([])
  const count = words(it).length
  await setTimeout(50)
  expect(words(it)).toHaveLength(count)
})

test("a turn that was stopped begins no work any more, whatever its tool goes on to do", async () => {
  const dry = boards().registry.get("board_dry")
  if (!dry) throw new Error("no such tool")
  const held = Promise.withResolvers<void>()
  const entered = Promise.withResolvers<void>()
  const slow: typeof dry = {
    ...dry,
    run: async (input, studio) => {
      entered.resolve()
      await held.promise
      return dry.run(input, studio)
    },
  }
  const it = await begin(createRegistry([slow]))
  const answer = it.say("dry for 30")
  await entered.promise
  it.conversations.stop(it.thread.id, it.caller, { jobs: true })
  held.resolve()
  await answer
  expect(openJobs(it)).toEqual([])
})

test("a stop ends the wait for another process, and nobody answers the message later", async () => {
  studio = await testStudio()
  const family = boards()
  const it = await begin(family.registry, { studio, limits: { sweepMs: 10 } })
  studio.db.run("INSERT INTO conversation_turn (conversation_id, id, lease_until) VALUES (:thread, 'trn_x', :until)", {
    thread: it.thread.id,
    until: studio.clock.now() + 600_000,
  })
  const answer = it.say("make a red board")
  void answer.catch(() => {})
  it.conversations.stop(it.thread.id, it.caller)
  await expect(answer).rejects.toThrow("Stopped before it was answered.")
  studio.db.run("DELETE FROM conversation_turn", {})
  studio.clock.advance(120_000)
  await setTimeout(50)
  expect(words(it)).toEqual(["make a red board"])
  expect(plainText((await it.say("make a blue board")).doc)).toContain("A blue board.")
  expect(family.done).toEqual(["create blue"])
})

test("who runs out of patience is told later, once", async () => {
  const it = await begin(boards().registry, { limits: { sweepMs: 10, patienceMs: 10 } })
  const answer = await it.say("dry for 30")
  expect(answer.doc.some((block) => block.kind === "progress")).toBe(true)
  endJob(it.studio.db, await firstJob(it), "It is dry.")
  await expect.poll(() => words(it).length).toBe(3)
  await setTimeout(50)
  expect(words(it)).toHaveLength(3)
})

test("a studio that closes stores the answer as it stands, and the next process tells the rest", async () => {
  studio = await testStudio()
  const { registry } = boards()
  const it = await begin(registry, { studio })
  const answer = it.say("dry for 30")
  const waiting = it.say("make a red board")
  const job = await firstJob(it)
  void waiting.catch(() => {})
  await it.conversations.close()
  expect(plainText((await answer).doc)).toContain("The studio was stopped while it answered.")
  await expect(waiting).rejects.toThrow(/being stopped/)
  endJob(studio.db, job, "It is dry.")
  const next = await begin(registry, { studio, limits: { sweepMs: 10 } })
  await expect.poll(() => words(next).at(-1)).toContain("It is dry.")
  studio.clock.advance(61_000)
  await expect.poll(() => words(next).at(-1)).toContain("Say it again")
  await setTimeout(30)
  expect(words(next)).toHaveLength(5)
})

test("a turn of a process that died is told as lost, once, whichever process looks first", async () => {
  studio = await testStudio()
  const { registry } = boards()
  const it = await begin(registry, { studio })
  studio.db.run("INSERT INTO conversation_turn (conversation_id, id, lease_until) VALUES (:thread, 'trn_x', :until)", {
    thread: it.thread.id,
    until: studio.clock.now() + 60_000,
  })
  const [a] = [
    await begin(registry, { studio, limits: { sweepMs: 10 } }),
    await begin(registry, { studio, limits: { sweepMs: 10 } }),
  ]
  await setTimeout(50)
  expect(words(a)).toEqual([])
  studio.clock.advance(61_000)
  await expect.poll(() => words(a)).toEqual([expect.stringContaining("stopped while it answered")])
  await setTimeout(50)
  expect(words(a)).toHaveLength(1)
  expect(plainText((await a.say("make a red board")).doc)).toContain("A red board.")
})

test("two processes do not answer in one thread at once", async () => {
  studio = await testStudio()
  const family = boards()
  const held = Promise.withResolvers<void>()
  family.gate = held.promise
  const [a, b] = [await begin(family.registry, { studio }), await begin(family.registry, { studio })]
  const first = a.say("make a red board")
  const second = b.say("make it 120 mm wide")
  await setTimeout(50)
  expect(family.done).toEqual([])
  held.resolve()
  await Promise.all([first, second])
  expect(family.done).toEqual(["create red", "set"])
})
