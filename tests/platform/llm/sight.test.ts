import { generateText, type ModelMessage } from "ai"
import { expect, test } from "vitest"
import { loadConfig } from "#src/platform/config.ts"
import { llmRig } from "#tests/platform/llm/rig.ts"

const sees = (env: Record<string, string>) =>
  loadConfig(
    { OPENAI_API_KEY: "k", ANTHROPIC_API_KEY: "k", ATELIER_LLM_ENDPOINTS: "local=http://h:1/v1", ...env },
    "/none",
  )
    .llm.roles.fast.filter((it) => it.sees)
    .map((it) => it.model)

const picture: ModelMessage = {
  role: "user",
  content: [
    { type: "text", text: "what is this? (ring.png)" },
    { type: "file", mediaType: "image/jpeg", data: new Uint8Array([1, 2, 3]) },
  ],
}
const imagesIn = (request: { messages: { content: unknown }[] } | undefined) =>
  JSON.stringify(request?.messages).match(/data:image\/jpeg;base64,AQID/g)?.length ?? 0

test("models of the clouds see, own servers only where the operator says so, and none when he says none", () => {
  const ATELIER_LLM_FAST =
    "openai/gpt-5-mini,openai/gpt-3.5-turbo,openai/o3-mini,openai/gpt-99,anthropic/claude-haiku-4-5,anthropic/claude-2.1,local/llava,local/qwen3"
  const clouds = ["gpt-5-mini", "gpt-99", "claude-haiku-4-5"]
  expect(sees({ ATELIER_LLM_FAST })).toEqual(clouds)
  expect(sees({ ATELIER_LLM_FAST, ATELIER_LLM_VISION: "local/llava" })).toEqual([...clouds, "llava"])
  expect(sees({ ATELIER_LLM_FAST, ATELIER_LLM_VISION: "local" })).toEqual([...clouds, "llava", "qwen3"])
  expect(sees({ ATELIER_LLM_FAST, ATELIER_LLM_VISION: "none" })).toEqual([])
  expect(() => sees({ ATELIER_LLM_VISION: "Local Llava" })).toThrow(/END_POINT/)
})

test("the bytes of a picture reach the model that sees; one that takes over and cannot gets the words alone", async () => {
  const rig = await llmRig({ ATELIER_LLM_FAST: "a/m,b/m", ATELIER_LLM_VISION: "a" })
  expect(rig.llm.sees("fast")).toBe(true)
  rig.a.script({ text: "a ring" }, { status: 503 })
  rig.b.script({ text: "I cannot see it" })
  const ask = () => generateText({ model: rig.model(), messages: [picture], maxRetries: 0 })
  expect((await ask()).text).toBe("a ring")
  expect((await ask()).text).toBe("I cannot see it")
  expect([imagesIn(rig.a.requests[0]), imagesIn(rig.a.requests[1]), imagesIn(rig.b.requests[0])]).toEqual([1, 1, 0])
  expect(JSON.stringify(rig.b.requests[0])).toContain("what is this? (ring.png)")
  expect(rig.usages.map((it) => [it.model, it.sees])).toEqual([
    ["a/m", true],
    ["b/m", false],
  ])
  await rig.close()
})

test("a server that counts little for a picture is not taken for one that cuts prompts", async () => {
  const rig = await llmRig({ ATELIER_LLM_VISION: "a" })
  rig.a.script({ text: "a ring", usage: { prompt: 300, completion: 5 } })
  const before = rig.llm.contextTokens("fast")
  await generateText({ model: rig.model(), messages: [picture, picture].flat() })
  expect(rig.llm.contextTokens("fast")).toBe(before)
  await rig.close()
})
