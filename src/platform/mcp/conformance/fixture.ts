import type { Result, ServerEventBus, Tool } from "@modelcontextprotocol/server"
import type { FixtureTasks } from "#src/platform/mcp/conformance/fixture-tasks.ts"
import type { Call, Offer } from "#src/platform/mcp/offer.ts"

/** What a fixture may use: the same call as every tool, and what only the protocol tests need. */
export interface FixtureCall extends Call {
  seal: Offer["seal"]
  tasks: FixtureTasks
  bus: ServerEventBus
}

/** A tool that the official conformance suites demand; its name and behaviour are theirs. */
export interface Fixture {
  tool: Tool
  run(input: Record<string, unknown>, call: FixtureCall): Result | Promise<Result>
}

/** A fixture without much around it. `properties` are those of the input schema. */
export function fixture(
  name: string,
  description: string,
  run: Fixture["run"],
  properties: Record<string, object> = {},
  required: string[] = Object.keys(properties),
): Fixture {
  // The fixtures are written with JSON Schema literals, which the type of the SDK spells out value by value.
  const inputSchema = { type: "object", properties, ...(required.length > 0 && { required }) } as Tool["inputSchema"]
  return { tool: { name, description, inputSchema }, run }
}

export function say(text: string): Result {
  return { content: [{ type: "text", text }] }
}

/** 1 × 1 pixel, red. */
export const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
/** A WAV file without a sample. */
export const WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
