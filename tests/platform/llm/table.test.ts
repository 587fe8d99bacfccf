import { dynamicTool, generateText, isStepCount, jsonSchema, Output, streamText, tool, type ToolSet } from "ai"
import { MockLanguageModelV4 } from "ai/test"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import { llmError, requireWhole } from "#src/platform/llm/failure.ts"
import { withMeter } from "#src/platform/llm/meter.ts"
import { ROOT } from "#tests/architecture/scan.ts"
import { connect } from "#tests/platform/mcp/clients.ts"
import { llmRig, type LlmRig } from "#tests/platform/llm/rig.ts"
import type { Answer } from "#tests/servers/llm/answer.ts"

let rig: LlmRig
beforeEach(async () => {
  rig = await llmRig()
})
afterEach(() => rig.close())

const quiet = { onError: () => undefined }
const call = (name: string, input: unknown, id?: string) => ({
  name,
  arguments: typeof input === "string" ? input : JSON.stringify(input),
  ...(id === undefined ? {} : { id }),
})
const ring = { size: tool({ inputSchema: z.object({ mm: z.number() }), execute: async ({ mm }) => `made ${mm}` }) }
/** Runs the tool loop of the SDK over our model; returns what the second request told the model about its calls. */
async function loop(first: Answer, tools: ToolSet = ring) {
  rig.a.script(first, { text: "done" })
  const result = await generateText({ model: rig.model(), prompt: "hi", tools, stopWhen: isStepCount(3) })
  const told = rig.a.requests[1]?.messages
    .filter((message) => message.role === "tool")
    .map((message) => message.content)
  return { result, told }
}
function refuse(problem: string): never {
  throw new Error(problem)
}
async function read(stream: AsyncIterable<{ type: string }>): Promise<{ types: string[]; error?: unknown }> {
  const types: string[] = []
  try {
    for await (const part of stream) types.push(part.type)
    return { types }
  } catch (error) {
    return { types, error }
  }
}

describe("tools", () => {
  test("parallel calls start together; usage is summed, cached prompt tokens are told apart", async () => {
    let running = 0
    let most = 0
    const slow = tool({
      inputSchema: z.object({ n: z.number() }),
      execute: async ({ n }) => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setTimeout(resolve, 20))
        running--
        return n
      },
    })
    rig.a.script(
      {
        calls: [call("slow", { n: 1 }, "c1"), call("slow", { n: 2 }, "c2")],
        usage: { prompt: 100, completion: 7, cached: 40 },
      },
      { text: "both", usage: { prompt: 120, completion: 3, cached: 100 } },
    )
    const result = await generateText({ model: rig.model(), prompt: "hi", tools: { slow }, stopWhen: isStepCount(3) })
    expect([most, rig.a.requests.length, result.text]).toEqual([2, 2, "both"])
    expect(result.usage).toMatchObject({
      inputTokens: 220,
      outputTokens: 10,
      inputTokenDetails: { cacheReadTokens: 140 },
    })
    expect(rig.usages.map((usage) => usage.inputTokens)).toEqual([100, 120])
  })

  test.each<[string, Answer, RegExp]>([
    ["wrong arguments", { calls: [call("size", { mm: "wide" }, "c1")] }, /expected number/i],
    ["broken JSON", { calls: [call("size", '{"mm": 2', "c1")] }, /JSON/],
    ["an unknown tool", { calls: [call("melt", {}, "c1")] }, /melt/],
  ])("%s is told to the model, and the loop goes on", async (_, answer, words) => {
    const { result, told } = await loop(answer)
    expect(result.text).toBe("done")
    expect(JSON.stringify(told)).toMatch(words)
  })

  test("a tool that throws is told to the model, and the loop goes on", async () => {
    const broken = tool({ inputSchema: z.object({}), execute: (): string => refuse("no gold left") })
    const { result, told } = await loop({ calls: [call("broken", {}, "c1")] }, { broken })
    expect([result.text, JSON.stringify(told)]).toEqual(["done", expect.stringContaining("no gold left")])
  })

  test("a wrong call can be mended before it runs", async () => {
    rig.a.script({ calls: [call("size", { mm: "2" }, "c1")] }, { text: "done" })
    const result = await generateText({
      model: rig.model(),
      prompt: "hi",
      tools: ring,
      stopWhen: isStepCount(3),
      repairToolCall: async ({ toolCall }) => ({ ...toolCall, input: '{"mm":2}' }),
    })
    expect(result.steps[0]?.toolResults[0]?.output).toBe("made 2")
  })

  test("a runaway loop stops at the step limit, with empty text and the reason tool-calls", async () => {
    rig.a.script(...Array.from({ length: 9 }, (_, n) => ({ calls: [call("size", { mm: n }, `c${n}`)] })))
    const result = await generateText({ model: rig.model(), prompt: "hi", tools: ring, stopWhen: isStepCount(4) })
    expect([result.text, result.finishReason, rig.a.requests.length]).toEqual(["", "tool-calls", 4])
  })

  test("a tool that takes too long is aborted and the model is told", async () => {
    let aborted = false
    const endless = tool({
      inputSchema: z.object({}),
      execute: (_, { abortSignal }) =>
        new Promise<string>((_resolve, reject) =>
          abortSignal?.addEventListener("abort", () => {
            aborted = true
            reject(new Error("stopped"))
          }),
        ),
    })
    rig.a.script({ calls: [call("endless", {}, "c1")] }, { text: "too slow" })
    const result = await generateText({
      model: rig.model(),
      prompt: "hi",
      tools: { endless },
      stopWhen: isStepCount(3),
      timeout: { toolMs: 30 },
    })
    expect([aborted, result.text]).toEqual([true, "too slow"])
  })
})

test("tools of an MCP server on stdio drive the loop; its files reach the model as links in text", async () => {
  const program = { command: process.execPath, args: [`${ROOT}tests/servers/mcp-stdio.ts`], stderr: "ignore" as const }
  const client = await connect("client 2.4 auto", { program })
  const tools: ToolSet = {}
  const toys = (await client.tools()).filter((it) => it.name.startsWith("toy_"))
  for (const { name, description, inputSchema } of toys)
    tools[name] = dynamicTool({
      ...(description === undefined ? {} : { description }),
      inputSchema: jsonSchema(inputSchema),
      execute: async (input) => {
        const { content } = await client.call(name, z.looseObject({}).parse(input))
        return content.filter((part) => part.type !== "image")
      },
    })
  const { result, told } = await loop(
    { calls: [call("toy_echo", { text: "hello" }, "c1"), call("toy_paint", {}, "c2")] },
    tools,
  )
  expect(result.text).toBe("done")
  expect(told).toEqual([expect.stringContaining("hello"), expect.stringMatching(/"type":"resource_link"/)])
  await client.close()
}, 20_000)

describe("quirks of servers", () => {
  test.each([
    ["empty", ""],
    ["missing", undefined],
  ])("%s call ids are replaced by distinct ones, streamed or not", async (_, id) => {
    const calls = [call("size", { mm: 1 }, id), call("size", { mm: 2 }, id)]
    for (const streamed of [false, true]) {
      rig.a.requests.length = 0
      rig.a.script({ calls }, { text: "done" })
      const options = { model: rig.model(), prompt: "hi", tools: ring, stopWhen: isStepCount(3) }
      expect(await (streamed ? streamText(options) : await generateText(options)).text).toBe("done")
      const sent = rig.a.requests[1]?.messages.flatMap((message) => message.tool_calls ?? []).map((one) => one.id) ?? []
      expect(sent.filter(Boolean)).toHaveLength(2)
      expect(new Set(sent).size).toBe(2)
    }
  })

  test("empty arguments are an empty object; calls that end with the reason stop are run all the same", async () => {
    const plain = tool({ inputSchema: z.object({}), execute: async () => "ran" })
    const { told } = await loop({ calls: [call("plain", "", "c1")], finish: "stop" }, { plain })
    expect(told).toEqual(["ran"])
  })

  test("a call that is written as text stays text and runs nothing", async () => {
    rig.a.script({ text: '<tool_call>{"name":"size","arguments":{"mm":2}}</tool_call>' })
    const result = await generateText({ model: rig.model(), prompt: "hi", tools: ring, stopWhen: isStepCount(3) })
    expect([result.steps.length, result.toolCalls.length, result.text]).toEqual([
      1,
      0,
      expect.stringContaining("<tool_call>"),
    ])
  })

  test("a server that asks for no key still gets one that is not empty", async () => {
    rig.a.script({ text: "hello" })
    await generateText({ model: rig.model(), prompt: "hi" })
    expect(rig.a.headers[0]?.authorization).toMatch(/^Bearer \S+$/)
  })

  test("what a server does not count is estimated, and marked so", async () => {
    rig.a.script({ text: "a plain band of gold", usage: null }, { text: "a plain band of gold", usage: null })
    const whole = await generateText({ model: rig.model(), prompt: "hi" })
    const streamed = streamText({ model: rig.model(), prompt: "hi" })
    expect(await streamed.text).toBe(whole.text)
    expect((await streamed.usage).outputTokens).toBe(whole.usage.outputTokens)
    expect(rig.usages).toEqual([
      { model: "a/m", cached: false, inputTokens: 9, outputTokens: 5, estimated: true, microUsd: null, sees: false },
      { model: "a/m", cached: false, inputTokens: 9, outputTokens: 5, estimated: true, microUsd: null, sees: false },
    ])
  })
})

describe("streams", () => {
  test("reasoning, text and calls arrive as parts; usage is asked for", async () => {
    rig.a.script(
      { reasoning: "gold is soft", text: "a ring", calls: [call("size", { mm: 2 }, "c1")] },
      { text: "done" },
    )
    const result = streamText({ model: rig.model(), prompt: "hi", tools: ring, stopWhen: isStepCount(3) })
    const { types } = await read(result.stream)
    expect(types).toEqual(
      expect.arrayContaining(["reasoning-delta", "text-delta", "tool-input-delta", "tool-call", "tool-result"]),
    )
    expect(rig.a.requests[0]?.stream_options).toEqual({ include_usage: true })
    expect((await result.usage).totalTokens).toBe(30)
    expect(rig.usages.every((usage) => !usage.estimated)).toBe(true)
  })

  test.each([1, 2, 7, 50])("split every %i bytes, the same text and calls arrive", async (splitBytes) => {
    rig.a.script(
      { text: "Größe 54 – „Rosé“ 💍 fertig", calls: [call("size", { mm: 2.5 }, "c1")], splitBytes },
      { text: "done" },
    )
    const result = streamText({ model: rig.model(), prompt: "hi", tools: ring, stopWhen: isStepCount(3) })
    const [first] = await result.steps
    expect(first?.text).toBe("Größe 54 – „Rosé“ 💍 fertig")
    expect(first?.toolResults[0]?.output).toBe("made 2.5")
  })

  test("a stop in the middle closes the connection, ends with an abort part, and the text rejects", async () => {
    rig.a.script({ text: "one two three four", stallAfter: 2 })
    const controller = new AbortController()
    const result = streamText({ model: rig.model(), prompt: "hi", abortSignal: controller.signal })
    const types: string[] = []
    for await (const part of result.stream) {
      types.push(part.type)
      if (part.type === "text-delta") controller.abort()
    }
    expect(types.at(-1)).toBe("abort")
    await expect(Promise.resolve(result.text)).rejects.toThrow(/abort|no output/i)
    await expect.poll(() => rig.a.abandoned()).toBe(1)
    expect(rig.llm.models()[0]?.breaker).toBe("closed")
    expect(rig.usages).toHaveLength(1)
  })

  test("a connection cut after the first words throws, in words; what came before it is no answer", async () => {
    rig.a.script({ text: "one two three four", cutAfter: 2 })
    const result = streamText({ model: rig.model(), prompt: "hi", ...quiet })
    const { types, error } = await read(result.stream)
    expect(types).toContain("text-delta")
    expect(error).toBeInstanceOf(BackendError)
    expect(String(error)).toContain("a/m: the connection broke in the middle of the answer")
    await expect(Promise.resolve(result.text)).rejects.toThrow("the connection broke")
  })

  test("a stream that ends without saying so is a failure, not an answer", async () => {
    rig.a.script({ text: "one two three", finish: null })
    const result = streamText({ model: rig.model(), prompt: "hi", ...quiet })
    expect((await read(result.stream)).types).toContain("error")
    expect(await result.finishReason).toBe("error")
  })

  test("a text that ran into the length limit says so, and is refused where a whole one is needed", async () => {
    rig.a.script({ text: "Once upon a", finish: "length" }, { text: "The end." })
    const cut = await generateText({ model: rig.model(), prompt: "hi" })
    expect(() => requireWhole(cut, "a/m")).toThrow("a/m: the answer was cut off at its longest allowed length")
    expect(requireWhole(await generateText({ model: rig.model(), prompt: "hi" }), "a/m").text).toBe("The end.")
  })

  test("a server that falls silent is given up after the chunk limit", async () => {
    rig.a.script({ text: "one two three four", stallAfter: 2 })
    const { error } = await read(streamText({ model: rig.model(), prompt: "hi", ...quiet }).stream)
    expect(String(error)).toContain("a/m: sent nothing for 1 s")
    await expect.poll(() => rig.a.abandoned()).toBe(1)
  })
})

describe("failures", () => {
  test("429 waits as long as Retry-After says, then goes on", async () => {
    rig.a.script({ status: 429, headers: { "retry-after": "1" } }, { text: "now" })
    const from = performance.now()
    expect((await generateText({ model: rig.model(), prompt: "hi" })).text).toBe("now")
    expect(performance.now() - from).toBeGreaterThan(990)
  })

  test("503 is tried three times in all, by the SDK alone, and then told in words", async () => {
    const busy = { status: 503, headers: { "retry-after-ms": "5" } }
    rig.a.script(busy, busy, busy, { text: "too late" })
    const error = await generateText({ model: rig.model(), prompt: "hi" }).catch(llmError)
    expect(rig.a.requests).toHaveLength(3)
    expect(error).toMatchObject({ retry: "transient", problem: "error 503 (503)" })
  })

  test("a dead socket and a connection cut before the first word are tried again", async () => {
    rig.a.script({ hangUp: true }, { text: "back" })
    expect((await generateText({ model: rig.model(), prompt: "hi" })).text).toBe("back")
    rig.a.script({ text: "never seen", cutAfter: 0 }, { text: "back again" })
    expect((await generateText({ model: rig.model(), prompt: "hi" })).text).toBe("back again")
  }, 15_000)

  test.each([
    [400, "input"],
    [401, "fatal"],
    [404, "fatal"],
  ])("%i is not tried again", async (status, retry) => {
    rig.a.script({ status, message: "no: Bearer abcdefgh12345678" }, { text: "never" })
    const error = await generateText({ model: rig.model(), prompt: "hi" }).catch(llmError)
    expect(error).toMatchObject({ name: "BackendError", retry })
    expect(String(error)).not.toContain("abcdefgh12345678")
    expect(rig.a.requests).toHaveLength(1)
  })

  test("a call that takes too long in all is given up, whatever the caller set", async () => {
    const slow = await llmRig({ ATELIER_LLM_TIMEOUT_S: "1" })
    slow.a.script({ text: "late", delayMs: 3_000 })
    const error = await generateText({ model: slow.model(), prompt: "hi" }).catch(llmError)
    expect(String(error)).toContain("a/m: did not finish within 1 s")
    await slow.close()
  })
})

describe("structured answers", () => {
  const output = Output.object({ schema: z.object({ metal: z.string(), mm: z.number() }) })
  const good = '{"metal":"gold","mm":2}'

  test.each([
    ["plain", good],
    ["fenced", "```json\n" + good + "\n```"],
    ["with prose before the fence", "Of course! Here it is:\n\n```json\n" + good + "\n```\nAnything else?"],
    ["after thoughts in tags", `<think>{"metal":"?"} no</think>\n${good}`],
  ])("%s, they are read, streamed or not, from a server that knows no schema", async (_, text) => {
    rig.a.script({ text }, { text })
    const whole = await generateText({ model: rig.model(), prompt: "hi", output })
    const streamed = await streamText({ model: rig.model(), prompt: "hi", output }).output
    expect([whole.output, streamed]).toEqual([
      { metal: "gold", mm: 2 },
      { metal: "gold", mm: 2 },
    ])
    const [request] = rig.a.requests
    expect(request?.response_format).toBeUndefined()
    expect(JSON.stringify(request?.messages[0])).toContain('\\"metal\\"')
  })

  test("a server that knows schemas gets the schema in its own field, and prose around the answer is still no problem", async () => {
    const able = await llmRig({ ATELIER_LLM_JSON_SCHEMA: "a" })
    able.a.script({ text: `Sure: ${good}` })
    const { output: value } = await generateText({ model: able.model(), prompt: "hi", output })
    expect(value).toEqual({ metal: "gold", mm: 2 })
    expect(able.a.requests[0]?.response_format).toMatchObject({ type: "json_schema" })
    expect(able.a.requests[0]?.messages).toHaveLength(1)
    await able.close()
  })

  test("a truncated one is refused, also when a smaller object inside it is whole", async () => {
    rig.a.script({ text: 'Here: {"rings":[{"metal":"gold","mm":2},{"metal":"silv', finish: "length" })
    await expect(
      generateText({ model: rig.model(), prompt: "hi", output }).then((result) => result.output),
    ).rejects.toThrow(/parse|object|length/i)
  })
})

test("the SDK's own mock model works below our layers", async () => {
  const mock = new MockLanguageModelV4({
    doGenerate: {
      content: [{ type: "text", text: "mocked" }],
      finishReason: { unified: "stop", raw: "stop" },
      usage: {
        inputTokens: { total: 3, noCache: 3, cacheRead: 0, cacheWrite: 0 },
        outputTokens: { total: 1, text: 1, reasoning: 0 },
      },
      warnings: [],
    },
  })
  const booked: number[] = []
  const model = withMeter(mock, {
    open: () => ({ close: () => null }),
    used: (tokens) => void booked.push(tokens.input, tokens.output),
    counted: () => undefined,
  })
  expect((await generateText({ model, prompt: "hi" })).text).toBe("mocked")
  expect(booked).toEqual([3, 1])
})
