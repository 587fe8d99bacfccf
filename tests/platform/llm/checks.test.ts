import { once } from "node:events"
import { createServer, type AddressInfo } from "node:net"
import { afterEach, beforeEach, expect, test } from "vitest"
import { llmRig, type LlmRig } from "#tests/platform/llm/rig.ts"

let rig: LlmRig
beforeEach(async () => {
  rig = await llmRig()
})
afterEach(() => rig.close())

const signal = new AbortController().signal

test("each model has a line: reachable, not offered, not reachable, with what to do", async () => {
  const two = await llmRig({
    ATELIER_LLM_ENDPOINTS: `a=${rig.a.url},b=${rig.b.url},c=http://127.0.0.1:9/v1`,
    ATELIER_LLM_FAST: "a/m,b/m,c/m",
    ATELIER_LLM_DRAFT: "a/m",
  })
  rig.b.offer({ id: "other" })
  const checks = await two.llm.checks(signal)
  expect(checks.map((check) => [check.name, check.state, check.detail.replace(/http:\S+ /, "")])).toEqual([
    ["language model a/m", "ok", "reachable, 16384 tokens of context"],
    ["language model b/m", "failing", "the server does not offer it, only: other"],
    ["language model c/m", "failing", expect.stringMatching(/cannot be reached/)],
  ])
  expect(checks.slice(1).every((check) => check.hint)).toBe(true)
  await two.close()
})

test("a server that keeps less than is assumed is told, where it says so", async () => {
  rig.a.offer({ id: "m", max_model_len: 8192 })
  const one = await llmRig({ ATELIER_LLM_ENDPOINTS: `a=${rig.a.url}` })
  expect(await one.llm.checks(signal)).toMatchObject([{ state: "failing", detail: "it keeps 8192 tokens, not 16384" }])
  await one.close()
})

test("a server that never answers is reported within a second", async () => {
  const deaf = createServer()
  deaf.listen(0, "127.0.0.1")
  await once(deaf, "listening")
  const { port } = deaf.address() as AddressInfo // it listens on a port
  const one = await llmRig({ ATELIER_LLM_ENDPOINTS: `a=http://127.0.0.1:${port}/v1` })
  const checks = await one.llm.checks(AbortSignal.timeout(2_000))
  expect(checks).toMatchObject([{ state: "failing", detail: expect.stringContaining("no answer within a second") }])
  await one.close()
  deaf.close()
})
