import { generateText, streamText, tool } from "ai"
import { afterEach, beforeEach, expect, test } from "vitest"
import { z } from "zod"
import { llmRig, type LlmRig } from "#tests/platform/llm/rig.ts"

let rig: LlmRig
beforeEach(async () => {
  rig = await llmRig({ ATELIER_LLM_FAST: "a/m", ATELIER_LLM_DRAFT: "b/m" })
})
afterEach(() => rig.close())

const DAY_S = 86_400
const ask = (prompt = "a table of contents", role: "fast" | "draft" = "fast") =>
  generateText({ model: rig.model({ cacheS: DAY_S }, role), prompt })

test("the same question within its time makes no request and says so; streamed or not", async () => {
  rig.a.script({ text: "1. Gold" })
  const texts = [(await ask()).text, (await ask()).text]
  texts.push(await streamText({ model: rig.model({ cacheS: DAY_S }), prompt: "a table of contents" }).text)
  expect(texts).toEqual(["1. Gold", "1. Gold", "1. Gold"])
  expect(rig.a.requests).toHaveLength(1)
  expect(rig.usages.map((usage) => [usage.cached, usage.inputTokens, usage.microUsd])).toEqual([
    [false, 10, null],
    [true, 10, 0],
    [true, 10, 0],
  ])
  expect(rig.llm.cache.stats()).toEqual({ hits: 2, misses: 1 })
})

test("when its time is over, or it was cleared, the model is asked again", async () => {
  rig.a.script({ text: "first" }, { text: "second" }, { text: "third" })
  await ask()
  rig.clock.advance(DAY_S * 1000)
  expect((await ask()).text).toBe("second")
  expect(rig.llm.cache.clear(rig.caller.accountId)).toBe(1)
  expect((await ask()).text).toBe("third")
})

test("prompt, tools, format, model and account are all part of the question", async () => {
  rig.a.script(...Array.from({ length: 9 }, (_, n) => ({ text: `a${n}` })))
  rig.b.script({ text: "b" })
  const model = rig.model({ cacheS: DAY_S })
  const size = tool({ inputSchema: z.object({ mm: z.number() }), execute: async () => "made" })
  const texts = [
    (await ask()).text,
    (await ask("another")).text,
    (await generateText({ model, prompt: "a table of contents", tools: { size } })).text,
    (await generateText({ model, prompt: "a table of contents", temperature: 0 })).text,
    (await ask("a table of contents", "draft")).text,
    (
      await generateText({
        model: rig.model({ cacheS: DAY_S, caller: { ...rig.caller, accountId: "acc_other" } }),
        prompt: "a table of contents",
      })
    ).text,
  ]
  expect(new Set(texts).size).toBe(6)
})

test("truncated, failed and stopped answers are never kept", async () => {
  rig.a.script(
    { text: "half", finish: "length" },
    { status: 400 },
    { text: "one two three", cutAfter: 1 },
    { text: "whole" },
  )
  await ask()
  await ask().catch(() => undefined)
  await Promise.resolve(
    streamText({ model: rig.model({ cacheS: DAY_S }), prompt: "a table of contents", onError: () => undefined }).text,
  ).catch(() => undefined)
  expect((await ask()).text).toBe("whole")
  expect(rig.a.requests).toHaveLength(4)
})

test("without a time nothing is kept", async () => {
  rig.a.script({ text: "one" }, { text: "two" })
  const texts = [
    await generateText({ model: rig.model(), prompt: "x" }),
    await generateText({ model: rig.model(), prompt: "x" }),
  ]
  expect(texts.map((result) => result.text)).toEqual(["one", "two"])
})

test("an account that is deleted takes its answers along", async () => {
  rig.a.script({ text: "secret plans" })
  await ask()
  rig.db.run("DELETE FROM account WHERE id = :id", { id: rig.caller.accountId })
  expect(rig.db.all(z.object({ key: z.string() }), "SELECT key FROM llm_cache")).toEqual([])
  expect(rig.db.get(z.object({ n: z.number() }), "SELECT count(*) AS n FROM llm_call WHERE account_id = ''")?.n).toBe(1)
})

test("secrets in a prompt do not leave the house", async () => {
  const keyed = await llmRig({ ATELIER_LLM_KEYS: "a=very-secret-key-of-a" })
  keyed.a.script({ text: "ok" })
  await generateText({
    model: keyed.model(),
    instructions: "Bearer abcdefgh12345678",
    messages: [
      { role: "user", content: "my key is sk-abcdefghijklmnop1234, and very-secret-key-of-a" },
      {
        role: "assistant",
        content: [{ type: "tool-call", toolCallId: "1", toolName: "t", input: { password: "hunter22" } }],
      },
      {
        role: "tool",
        content: [
          {
            type: "tool-result",
            toolCallId: "1",
            toolName: "t",
            output: { type: "json", value: { api_key: "k-123" } },
          },
        ],
      },
    ],
  })
  const sent = JSON.stringify(keyed.a.requests)
  for (const secret of ["abcdefgh12345678", "sk-abcdef", "very-secret", "hunter22", "k-123"])
    expect(sent).not.toContain(secret)
  expect(keyed.a.headers[0]?.authorization).toBe("Bearer very-secret-key-of-a")
  await keyed.close()
})
