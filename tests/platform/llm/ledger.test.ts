import { generateText, streamText } from "ai"
import { expect, test } from "vitest"
import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { createLlm } from "#src/platform/llm/create.ts"
import { loadConfig } from "#src/platform/config.ts"
import { createLog } from "#src/platform/log.ts"
import { createQuota } from "#src/platform/quota/quota.ts"
import { testStudio } from "#tests/studio.ts"
import { llmRig, type LlmRig } from "#tests/platform/llm/rig.ts"

const tokensToday = (rig: LlmRig) => rig.quota.show(rig.caller.accountId).find((line) => line.unit === "llm_tokens")
const outcomes = (rig: LlmRig) =>
  rig.db.all(
    z.object({ outcome: z.string(), input_tokens: z.number(), micro_usd: z.number().nullable() }),
    "SELECT outcome, input_tokens, micro_usd FROM llm_call ORDER BY id",
  )

test("a call holds its worst case, and is charged what it used", async () => {
  const rig = await llmRig({ ATELIER_LLM_MAX_OUTPUT: "500" })
  let held = 0
  rig.a.script(() => {
    held = tokensToday(rig)?.held ?? 0
    return { text: "hello", usage: { prompt: 30, completion: 12 } }
  })
  await generateText({ model: rig.model(), prompt: "hi" })
  expect(held).toBeGreaterThan(500)
  expect(tokensToday(rig)).toMatchObject({ used: 42, held: 0, limit: 5_000_000 })
  expect(rig.quota.checkInvariant()).toEqual([])
  await rig.close()
})

test("the limit holds under 50 parallel calls: what does not fit is refused before it is sent", async () => {
  const rig = await llmRig({ ATELIER_LLM_MAX_OUTPUT: "256", ATELIER_QUOTA_LLM_TOKENS_PER_DAY: "3000" })
  rig.a.script(
    ...Array.from({ length: 50 }, () => ({ text: "x", usage: { prompt: 20, completion: 250 }, delayMs: 100 })),
  )
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, () => generateText({ model: rig.model(), prompt: "hi" })),
  )
  const refused = results.filter((result) => result.status === "rejected").map((result) => result.reason as unknown)
  expect(rig.a.requests.length).toBe(50 - refused.length)
  expect(rig.a.requests.length).toBeGreaterThan(5)
  expect(refused.every((error) => error instanceof UserError && error.code === "quota")).toBe(true)
  expect(String(refused[0])).toMatch(/You have used \d+ of 3000 tokens of language models today/)
  const line = tokensToday(rig)
  expect(line?.used).toBe(270 * rig.a.requests.length)
  expect(line?.used).toBeLessThanOrEqual(3_000)
  expect([line?.held, rig.quota.openHolds(), rig.quota.checkInvariant()]).toEqual([0, [], []])
  await rig.close()
})

test("what fails before the first word costs nothing; what breaks off later costs what was said", async () => {
  const rig = await llmRig()
  rig.a.script({ status: 400 }, { text: "one two three four", cutAfter: 2 })
  await generateText({ model: rig.model(), prompt: "hi" }).catch(() => undefined)
  expect(tokensToday(rig)).toMatchObject({ used: 0, held: 0 })
  const { text } = streamText({ model: rig.model(), prompt: "hi", onError: () => undefined })
  await expect(Promise.resolve(text)).rejects.toThrow("the connection broke")
  expect(tokensToday(rig)).toMatchObject({ used: 9 + 2, held: 0 })
  expect(outcomes(rig).map((row) => row.outcome)).toEqual(expect.arrayContaining(["failed", "failed"]))
  await rig.close()
})

test("a stream that nobody reads to its end is closed and charged as stopped", async () => {
  const rig = await llmRig()
  rig.a.script({ text: "one two three four five six" })
  const { stream } = await rig.model().doStream({ prompt: [{ role: "user", content: [{ type: "text", text: "hi" }] }] })
  const reader = stream.getReader()
  await reader.read()
  await reader.cancel()
  await expect.poll(() => outcomes(rig)[0]?.outcome).toBe("stopped")
  expect(rig.quota.openHolds()).toEqual([])
  await rig.close()
})

test("the day's money is a cap that worst cases count against; models without a price are free of it", async () => {
  const rig = await llmRig({
    ATELIER_LLM_FAST: "a/dear,b/own",
    ATELIER_LLM_PRICES: "a/dear=1000:5000",
    ATELIER_LLM_MAX_OUTPUT: "256",
    ATELIER_LLM_DAILY_USD: "2.5",
  })
  rig.a.script({ text: "a", usage: { prompt: 100, completion: 200 } }, { text: "again" })
  rig.b.script({ text: "b" })
  expect((await generateText({ model: rig.model(), prompt: "hi" })).text).toBe("a")
  expect(rig.usages[0]?.microUsd).toBe(100 * 1_000 + 200 * 5_000)
  expect(rig.llm.spentToday()).toBe(1_100_000)
  expect((await generateText({ model: rig.model(), prompt: "hi again" })).text).toBe("again")
  expect((await generateText({ model: rig.model(), prompt: "and again" })).text).toBe("b")
  rig.clock.advance(86_400_000)
  expect(rig.llm.spentToday()).toBe(0)
  await rig.close()
})

test("with the cap reached and no other model, the refusal says the numbers and when it ends", async () => {
  const rig = await llmRig({ ATELIER_LLM_PRICES: "a/m=1:5000", ATELIER_LLM_DAILY_USD: "0.01" })
  const error = await generateText({ model: rig.model(), prompt: "hi" }).catch((caught: unknown) => caught)
  expect(String(error)).toMatch(/The studio has spent \$0\.0000 of \$0\.0100 .* \$40\.96\. It starts anew in 15 h/)
  expect(rig.a.requests).toHaveLength(0)
  await rig.close()
})

test("calls of a process that died give their hold back", async () => {
  const rig = await llmRig()
  const config = loadConfig(
    { ATELIER_LLM_ENDPOINTS: `a=${rig.a.url}`, ATELIER_LLM_FAST: "a/m", ATELIER_LLM_TIMEOUT_S: "5" },
    "/nonexistent/.env",
  )
  const other = createLlm({ config, db: rig.db, clock: rig.clock, quota: rig.quota, log: createLog("silent") })
  rig.a.script({ text: "never", stallAfter: 0 }, { text: "hello" })
  const gone = other
    .model("fast", { caller: rig.caller })
    ?.doStream({ prompt: [{ role: "user", content: [{ type: "text", text: "hi" }] }] })
  Promise.resolve(gone).catch(() => undefined)
  await expect.poll(() => rig.quota.openHolds().length).toBe(1)
  rig.clock.advance(3_600_000)
  await generateText({ model: rig.model(), prompt: "hi" })
  expect(rig.quota.openHolds()).toEqual([])
  expect(
    outcomes(rig)
      .map((row) => row.outcome)
      .sort(),
  ).toEqual(["done", "lost"])
  await rig.close()
})

test("the job queue, which gives back holds without a job, leaves those of running calls alone", async () => {
  const studio = await testStudio()
  const quota = createQuota(studio)
  const { accountId } = studio.call().caller
  const person = { accountId, tenantId: "local", role: "user" as const }
  quota.hold("llm_running", person, { llm_tokens: 100 })
  quota.hold("job_gone", person, { jobs: 1 })
  await expect.poll(() => quota.openHolds(), { timeout: 5_000 }).toEqual(["llm_running"])
  await studio.close()
})

test("a prompt that nothing can hold is refused with the numbers, before it is sent", async () => {
  const rig = await llmRig({ ATELIER_LLM_CONTEXT: "a=2000" })
  const error = await generateText({ model: rig.model(), prompt: "gold ".repeat(2_000) }).catch(
    (caught: unknown) => caught,
  )
  expect(error).toMatchObject({ problem: "This needs about 2508 tokens, and a/m keeps 2000.", code: "too_large" })
  expect(rig.a.requests).toHaveLength(0)
  await rig.close()
})

test("a server that silently cuts prompts is found out: its context is lowered and the log says so", async () => {
  const rig = await llmRig()
  const prompt = "gold ".repeat(6_000)
  rig.a.script({ text: "what was the question?", usage: { prompt: 4_000, completion: 96 } }, { text: "never" })
  await generateText({ model: rig.model(), prompt })
  expect([rig.llm.contextTokens("fast"), rig.logged.length]).toEqual([4_096, 1])
  await expect(generateText({ model: rig.model(), prompt })).rejects.toThrow("a/m keeps 4096")
  const [check] = await rig.llm.checks(new AbortController().signal)
  expect(check).toMatchObject({ state: "failing", detail: "it keeps 4096 tokens, not 16384" })
  await rig.close()
})

test("the longest answer is the smallest of what was asked, allowed, and fits", async () => {
  const rig = await llmRig({ ATELIER_LLM_MAX_OUTPUT: "900", ATELIER_LLM_CONTEXT: "a=1000" })
  rig.a.script({ text: "x" }, { text: "x" })
  await generateText({ model: rig.model(), prompt: "hi", maxOutputTokens: 300 })
  await generateText({ model: rig.model(), prompt: "gold ".repeat(300) })
  expect(rig.a.requests.map((request) => request.max_tokens)).toEqual([300, 1_000 - 8 - 375])
  await rig.close()
})
