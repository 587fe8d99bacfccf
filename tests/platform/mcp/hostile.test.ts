import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { rpc } from "#tests/platform/mcp/rpc.ts"
import { toyRegistry } from "#tests/platform/mcp/toys.ts"
import { serveStudio, type ServedStudio } from "#tests/servers/mcp-studio.ts"

const LONG = "x".repeat(20_000)

let served: ServedStudio
beforeAll(async () => {
  served = await serveStudio({ registry: await toyRegistry() })
})
afterAll(() => served.close())

const call = (name: string, input: unknown) => rpc(served.mcp, "tools/call", { name, arguments: input })
const post = (body: string, headers: Record<string, string> = {}) =>
  fetch(served.mcp, { method: "POST", headers: { "content-type": "application/json", ...headers }, body })

test.each([
  ["a text of 20,000 characters", { text: LONG }, /^text has 20000 characters; at most \d+ are allowed\./],
  ["a number for a text", { text: 7 }, /^toy_echo cannot use this input: text is 7; it must be a text\./],
  ["an unknown field", { text: "a", constructor: 1 }, /There is no field "constructor"\. Fields: text, times/],
  ["a number out of range", { text: "a", times: 99 }, /^times is 99; allowed are \d+ to \d+\./],
  ["nothing", {}, /^toy_echo cannot use this input: text is missing\./],
])("%s is refused in words that name the field", async (_, input, words) => {
  const { result } = await call("toy_echo", input)
  expect(result["isError"]).toBe(true)
  const [{ text }] = result["content"] as [{ text: string }] // an error result is one text
  expect(text).toMatch(words)
  expect(text.length).toBeLessThan(3_000)
})

test.each([
  "../../etc/passwd",
  "http://169.254.169.254/latest",
  "C:\\Windows\\system.ini",
  "'; DROP TABLE job; --",
  LONG.slice(0, 200),
])("%s as an id finds nothing and reads nothing", async (id) => {
  const { result } = await call("job_wait", { job_id: id.slice(0, 80), wait_s: 0 })
  expect(result).toMatchObject({ isError: true, content: [{ text: expect.stringMatching(/^There is no job /) }] })
  const found = (await call("studio_find", { name: id })).result
  expect(found).toMatchObject({ structuredContent: { projects: [], items: [] } })
})

test("an answer to a question cannot be slipped into another call, changed, or used to reach a prototype", async () => {
  const ask = { name: "toy_size", arguments: { size: "7" } }
  const capabilities = { elicitation: { form: {} } }
  const first = await rpc(served.mcp, "tools/call", ask, { capabilities })
  expect(first.result).toMatchObject({ resultType: "input_required" })
  const requestState = String(first.result["requestState"])
  const inputResponses = { answer: { action: "accept", content: { answer: "us" } } }
  const changed = await rpc(
    served.mcp,
    "tools/call",
    { ...ask, inputResponses, requestState: `${requestState}x` },
    { capabilities },
  )
  expect(changed.error?.code).toBe(-32_602)
  const polluted = await rpc(
    served.mcp,
    "tools/call",
    { ...ask, inputResponses: { __proto__: 1, ...inputResponses } },
    { capabilities },
  )
  expect(polluted.result["resultType"]).toBe("input_required")
  const right = await rpc(served.mcp, "tools/call", { ...ask, inputResponses, requestState }, { capabilities })
  expect(right.result).toMatchObject({
    resultType: "input_required",
    inputRequests: { answer: { params: { message: "Which finger?" } } },
  })
})

test("an idempotency key that is no short text is not used", async () => {
  for (const key of [LONG, 7, {}, ""]) {
    const answer = await post(
      JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: {
          name: "toy_echo",
          arguments: { text: "a" },
          _meta: {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "atelier/idempotencyKey": key,
          },
        },
      }),
      {
        "mcp-method": "tools/call",
        "mcp-name": "toy_echo",
        "mcp-protocol-version": "2026-07-28",
        accept: "application/json, text/event-stream",
      },
    )
    expect(await answer.text()).toContain('"structuredContent":{"text":"a"}')
  }
})

describe("bodies", () => {
  test("over 4 MB are refused before they are read", async () => {
    const answer = await post(
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":"${"y".repeat(4 * 1024 * 1024)}"}}`,
    )
    expect(answer.status).toBe(413)
    expect(answer.headers.get("connection")).toBe("close")
  })

  test.each([
    ["no JSON", "{", 400, -32_700],
    ["nothing", "", 400, -32_700],
    ["a list of nothing", "[]", 400, undefined],
    ["a word", '"initialize"', 400, undefined],
  ])("%s", async (_, body, status, code) => {
    const answer = await post(body)
    expect(answer.status).toBe(status)
    const { error } = (await answer.json()) as { error: { code: number } } // every refusal is an error of JSON-RPC
    if (code !== undefined) expect(error.code).toBe(code)
  })

  test("of another media type are refused", async () => {
    expect((await post("{}", { "content-type": "text/plain" })).status).toBe(415)
  })
})
