import { generateText, streamText } from "ai"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { COOLDOWN_MS } from "#src/platform/llm/breaker.ts"
import { llmError } from "#src/platform/llm/failure.ts"
import { llmRig, type LlmRig } from "#tests/platform/llm/rig.ts"

let rig: LlmRig
beforeEach(async () => {
  rig = await llmRig({ ATELIER_LLM_FAST: "a/m,b/m" })
})
afterEach(() => rig.close())

const ask = () => generateText({ model: rig.model(), prompt: "hi" })
const states = () =>
  rig.llm
    .models()
    .filter((model) => model.role === "fast")
    .map((model) => model.breaker)

describe("falling through", () => {
  test.each([
    ["an overloaded server", { status: 503 }],
    ["a refused key", { status: 401 }],
    ["a dead socket", { hangUp: true }],
    ["a connection cut before the first word", { text: "never", cutAfter: 0 }],
    ["a stream that stalls before the first word", { text: "never", stallAfter: 0 }],
    ["an error instead of an answer in a stream", { finish: null }],
  ])("%s is followed by the next model at once, streamed", async (_, fault) => {
    rig.a.script(fault)
    rig.b.script({ text: "from b" })
    expect(await streamText({ model: rig.model(), prompt: "hi" }).text).toBe("from b")
    expect([rig.a.requests.length, rig.b.requests.length]).toEqual([1, 1])
    expect(rig.usages.map((usage) => usage.model)).toEqual(["b/m"])
    expect(rig.logged.join("")).toContain('"model":"a/m"')
  })

  test("after the first word no other model takes over: no answer is glued together from two", async () => {
    rig.a.script({ text: "half an answer of", cutAfter: 2 })
    rig.b.script({ text: "from b" })
    let said = ""
    const reading = (async () => {
      for await (const part of streamText({ model: rig.model(), prompt: "hi", onError: () => undefined }).stream)
        if (part.type === "text-delta") said += part.text
    })()
    await expect(reading).rejects.toThrow("a/m: the connection broke")
    expect([said, rig.b.requests.length]).toEqual(["half an", 0])
  })

  test("a stop never falls through", async () => {
    rig.a.script({ text: "never", stallAfter: 0 })
    rig.b.script({ text: "from b" })
    const stopped = generateText({ model: rig.model(), prompt: "hi", abortSignal: AbortSignal.timeout(50) })
    await expect(stopped).rejects.toThrow(/abort/i)
    expect([rig.b.requests.length, ...states()]).toEqual([0, "closed", "closed"])
  })

  test("when all fail, the SDK tries the whole chain again, and the first that answers counts", async () => {
    const busy = { status: 503, headers: { "retry-after-ms": "5" } }
    rig.a.script(busy, { text: "a again" })
    rig.b.script({ status: 400 })
    expect((await ask()).text).toBe("a again")
  })

  test("a prompt that is too long for one model goes to one with more room", async () => {
    const small = await llmRig({ ATELIER_LLM_FAST: "a/m,b/m", ATELIER_LLM_CONTEXT: "a=1000" })
    small.b.script({ text: "from b" })
    const prompt = "gold ".repeat(1_000)
    expect((await generateText({ model: small.model(), prompt })).text).toBe("from b")
    expect(small.a.requests).toHaveLength(0)
    expect(small.llm.contextTokens("fast")).toBe(1_000)
    await small.close()
  })
})

describe("the breaker", () => {
  test("opens after three failures, probes after a rest, and closes with the first answer", async () => {
    const busy = { status: 503 }
    rig.a.script(busy, busy, busy, busy, { text: "from a" })
    rig.b.script(...Array.from({ length: 5 }, () => ({ text: "from b" })))
    for (let n = 0; n < 4; n++) expect((await ask()).text).toBe("from b")
    expect([rig.a.requests.length, ...states()]).toEqual([3, "open", "closed"])
    rig.clock.advance(COOLDOWN_MS)
    expect(states()[0]).toBe("half-open")
    await ask()
    expect([rig.a.requests.length, states()[0]]).toEqual([4, "open"])
    rig.clock.advance(COOLDOWN_MS)
    expect((await ask()).text).toBe("from a")
    expect(states()).toEqual(["closed", "closed"])
  })

  test("while one call probes, others leave the model alone", async () => {
    const busy = { status: 503 }
    rig.a.script(busy, busy, busy, { text: "from a", delayMs: 60 })
    rig.b.script(...Array.from({ length: 5 }, () => ({ text: "from b" })))
    for (let n = 0; n < 3; n++) await ask()
    rig.clock.advance(COOLDOWN_MS)
    const texts = (await Promise.all([ask(), ask(), ask()])).map((result) => result.text)
    expect(texts.sort()).toEqual(["from a", "from b", "from b"])
  })

  test("a bad request says nothing about the model's health", async () => {
    rig.a.script(...Array.from({ length: 4 }, () => ({ status: 400 })))
    rig.b.script(...Array.from({ length: 4 }, () => ({ text: "from b" })))
    for (let n = 0; n < 4; n++) await ask()
    expect([rig.a.requests.length, states()[0]]).toEqual([4, "closed"])
  })

  test("a single model that rests is told as such, without a request", async () => {
    const alone = await llmRig()
    const busy = { status: 503, headers: { "retry-after-ms": "1" } }
    alone.a.script(busy, busy, busy)
    const again = () => generateText({ model: alone.model(), prompt: "hi" }).catch(llmError)
    await again()
    expect(await again()).toMatchObject({
      problem: "it failed several times in a row; it is tried again in 30 s",
      retry: "capacity",
    })
    expect(alone.a.requests).toHaveLength(3)
    await alone.close()
  })
})
