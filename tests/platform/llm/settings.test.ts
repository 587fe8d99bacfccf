import { readFileSync } from "node:fs"
import { generateText } from "ai"
import { describe, expect, test } from "vitest"
import { UserError } from "#src/errors.ts"
import { loadConfig } from "#src/platform/config.ts"
import { costOf, knownModel } from "#src/platform/llm/prices.ts"
import { ROOT, listFiles } from "#tests/architecture/scan.ts"
import { llmRig } from "#tests/platform/llm/rig.ts"

const load = (env: Record<string, string>) => loadConfig(env, "/nonexistent/.env").llm
const refusal = (env: Record<string, string>) => {
  try {
    load(env)
  } catch (error) {
    if (error instanceof UserError) return error.message
  }
  return "accepted"
}

describe("chains", () => {
  test("nothing configured is command mode: no model of any role", async () => {
    const rig = await llmRig({ ATELIER_LLM_FAST: "" })
    expect([rig.llm.models(), rig.llm.model("fast", { caller: rig.caller }), rig.llm.contextTokens("fast")]).toEqual([
      [],
      undefined,
      0,
    ])
    expect(await rig.llm.checks(new AbortController().signal)).toMatchObject([
      { name: "language model", state: "absent" },
    ])
    expect(rig.quota.show(rig.caller.accountId).some((line) => line.unit === "llm_tokens")).toBe(false)
    await rig.close()
  })

  test("roles without a chain of their own take the one before", () => {
    const llm = load({
      ATELIER_LLM_ENDPOINTS: "local=http://h:1/v1/",
      ATELIER_LLM_FAST: "local/qwen/q3:8b,openai/gpt-5-mini,commands",
      ATELIER_LLM_DRAFT: "local/big",
      OPENAI_API_KEY: "k",
    })
    expect(Object.values(llm.roles).map((chain) => chain.map((one) => `${one.endpoint.url} ${one.model}`))).toEqual([
      ["http://h:1/v1 qwen/q3:8b", "https://api.openai.com/v1 gpt-5-mini"],
      ["http://h:1/v1 big"],
      ["http://h:1/v1 big"],
    ])
    expect(llm.commandsLast).toBe(true)
  })

  test("contexts and prices are those of the model, then of its end point, then known ones", () => {
    const llm = load({
      ATELIER_LLM_ENDPOINTS: "local=http://h:1/v1",
      ATELIER_LLM_FAST: "local/a,local/b,openai/gpt-5-mini-2025-08-07,openai/gpt-99",
      ATELIER_LLM_CONTEXT: "local=32768,local/b=4096",
      ATELIER_LLM_PRICES: "openai/gpt-99=1.5:6",
      OPENAI_API_KEY: "k",
    })
    expect(llm.roles.fast.map((one) => [one.contextTokens, one.price?.output])).toEqual([
      [32_768, undefined],
      [4_096, undefined],
      [400_000, 2],
      [16_384, 6],
    ])
  })

  test.each([
    [
      { ATELIER_LLM_FAST: "lokal/q" },
      /names the end point "lokal", which is not defined\. There are: openai, anthropic\./,
    ],
    [{ ATELIER_LLM_FAST: "openai/gpt-5" }, /uses openai, but there is no key for it\. Set OPENAI_API_KEY/],
    [{ ATELIER_LLM_DRAFT: "anthropic/claude-sonnet-4-5" }, /ATELIER_LLM_DRAFT uses anthropic.* Set ANTHROPIC_API_KEY/],
    [{ ATELIER_LLM_FAST: "gpt-5" }, /but must be models as END_POINT\/MODEL/],
    [{ ATELIER_LLM_FAST: "commands,openai/gpt-5", OPENAI_API_KEY: "k" }, /"commands" before the end/],
    [{ ATELIER_LLM_ENDPOINTS: "local=http://user:pw@h/v1" }, /but must be NAME=ADDRESS/],
    [{ ATELIER_LLM_ENDPOINTS: "local=file:///etc/passwd" }, /but must be NAME=ADDRESS/],
    [{ ATELIER_LLM_CONTEXT: "local=12" }, /1000 tokens or more/],
    [{ ATELIER_LLM_DAILY_USD: "-1" }, /a number from 0/],
    [{ ATELIER_LLM_FASST: "x/y" }, /Did you mean ATELIER_LLM_FAST\?/],
  ])("%j is refused in words", (env, words) => {
    expect(refusal(env)).toMatch(words)
  })

  test("keys are never shown", () => {
    expect(refusal({ ATELIER_LLM_KEYS: "s3cret" })).toMatch(/^ATELIER_LLM_KEYS is \(hidden\)/)
    expect(refusal({ OPENAI_API_KEY: "s3cret".repeat(100) })).not.toContain("s3cret")
  })
})

test("prices are found by the longest name, and money is rounded up to whole micro-dollars", () => {
  expect(knownModel("gpt-5-mini")?.price.output).toBe(2)
  expect(knownModel("claude-opus-4-1-20250805")?.price.output).toBe(75)
  expect(knownModel("claude-opus-4-5-20251101")?.price.output).toBe(25)
  expect(knownModel("gpt-5-turbo")).toBeUndefined()
  expect(costOf({ input: 0.25, cachedInput: 0.025, output: 2 }, { input: 1_001, cachedInput: 1_000, output: 3 })).toBe(
    32,
  )
})

test("OpenAI and Anthropic are asked at their own addresses, with their own keys", async () => {
  const rig = await llmRig({ ATELIER_LLM_FAST: "" })
  const { url } = rig.a
  const cloud = await llmRig({
    ATELIER_LLM_ENDPOINTS: `openai=${url},anthropic=${url}`,
    ATELIER_LLM_FAST: "openai/gpt-5-mini,anthropic/claude-haiku-4-5",
    OPENAI_API_KEY: "ok-1",
    ANTHROPIC_API_KEY: "ak-1",
  })
  rig.a.script({ text: "hello" }, { status: 400 }, { status: 400 })
  expect((await generateText({ model: cloud.model(), prompt: "hi" })).text).toBe("hello")
  expect(cloud.usages[0]).toMatchObject({ model: "openai/gpt-5-mini", microUsd: Math.ceil(10 * 0.25 + 5 * 2) })
  await generateText({ model: cloud.model(), prompt: "hi" }).catch(() => undefined)
  expect([rig.a.headers[0]?.authorization, rig.a.headers[2]?.["x-api-key"]]).toEqual(["Bearer ok-1", "ak-1"])
  await cloud.close()
  await rig.close()
})

test("no model is named by a string, which the SDK would send to a gateway in the cloud", () => {
  const code = listFiles(["src", "tools", "bots", "workers"]).map((path) => ({
    path,
    text: readFileSync(`${ROOT}${path}`, "utf8"),
  }))
  const named = code.filter(({ text }) => /from "ai"/.test(text) && /\bmodel:\s*["'`]/.test(text))
  const gateway = code.filter(({ text }) => /@ai-sdk\/gateway|\bimport \{[^}]*\bgateway\b[^}]*\} from "ai"/.test(text))
  expect([...named, ...gateway].map(({ path }) => path)).toEqual([])
})
