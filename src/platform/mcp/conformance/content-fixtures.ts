import { setTimeout as sleep } from "node:timers/promises"
import { MissingRequiredClientCapabilityError, type Result } from "@modelcontextprotocol/server"
import { fixture, PNG, say, WAV, type Fixture, type FixtureCall } from "#src/platform/mcp/conformance/fixture.ts"

const STEP_MS = 50

const image = { type: "image", data: PNG, mimeType: "image/png" }
const resource = (uri: string, mimeType: string, text: string) => ({
  type: "resource",
  resource: { uri, mimeType, text },
})

/** Every kind of content, notifications on the way, and what can go wrong. */
export const contentFixtures: Fixture[] = [
  fixture("test_simple_text", "Returns text", () => say("This is a simple text response for testing.")),
  fixture("test_image_content", "Returns an image", () => ({ content: [image] })),
  fixture("test_audio_content", "Returns audio", () => ({
    content: [{ type: "audio", data: WAV, mimeType: "audio/wav" }],
  })),
  fixture("test_embedded_resource", "Returns an embedded resource", () => ({
    content: [resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")],
  })),
  fixture("test_multiple_content_types", "Returns text, image and resource", () => ({
    content: [
      { type: "text", text: "Multiple content types test:" },
      image,
      resource("test://mixed-content-resource", "application/json", JSON.stringify({ test: "data", value: 123 })),
    ],
  })),
  fixture("test_tool_with_logging", "Logs three times", logThrice),
  fixture("test_logging_tool", "Logs three times", logThrice),
  fixture("test_tool_with_progress", "Tells its progress", tellProgress),
  fixture("test_error_handling", "Always fails", () => ({
    ...say("This tool intentionally returns an error for testing"),
    isError: true,
  })),
  fixture("test_reconnection", "Closes its stream before it answers", async (_, { context }) => {
    await sleep(STEP_MS)
    context.http?.closeSSE?.()
    await sleep(2 * STEP_MS)
    return say("Reconnection test completed successfully.")
  }),
  fixture("test_missing_capability", "Needs a client that can sample", (_, { client }) => {
    if (!client.sampling) throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } })
    return say("The client can sample.")
  }),
  fixture("test_trigger_tool_change", "Tells that the tools changed", (_, { bus }) => {
    bus.publish({ kind: "tools_list_changed" })
    return say("Told.")
  }),
  fixture("test_trigger_prompt_change", "Tells that the prompts changed", (_, { bus }) => {
    bus.publish({ kind: "prompts_list_changed" })
    return say("Told.")
  }),
  fixture(
    "test_x_mcp_header",
    "Has an argument that travels as a header too",
    ({ region }) => say(`Region: ${String(region)}`),
    { region: { type: "string", "x-mcp-header": "Region" } },
    [],
  ),
  {
    tool: {
      name: "json_schema_2020_12_tool",
      description: "Tool with JSON Schema 2020-12 features",
      inputSchema: {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        type: "object",
        $defs: {
          address: {
            $anchor: "addressDef",
            type: "object",
            properties: { street: { type: "string" }, city: { type: "string" } },
          },
        },
        properties: {
          name: { type: "string" },
          address: { $ref: "#/$defs/address" },
          contactMethod: { type: "string", enum: ["phone", "email"] },
          phone: { type: "string" },
          email: { type: "string" },
        },
        allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
        if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
        // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
        then: { required: ["phone"] },
        else: { required: ["email"] },
        additionalProperties: false,
      },
    },
    run: (input) => say(JSON.stringify(input)),
  },
]

async function logThrice(_: Record<string, unknown>, { context }: FixtureCall): Promise<Result> {
  for (const text of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
    await context.mcpReq.log("info", text)
    await sleep(STEP_MS)
  }
  return say("Logged three times.")
}

async function tellProgress(_: Record<string, unknown>, { context: { mcpReq } }: FixtureCall): Promise<Result> {
  const progressToken = mcpReq._meta?.progressToken
  for (const progress of [0, 50, 100]) {
    if (progressToken !== undefined)
      await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, total: 100 } })
    await sleep(STEP_MS)
  }
  return say("Done.")
}
