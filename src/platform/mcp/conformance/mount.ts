import { InMemoryServerEventBus, type EventStore, type Server, type ServerEventBus } from "@modelcontextprotocol/server"
import { contentFixtures } from "#src/platform/mcp/conformance/content-fixtures.ts"
import { createEventStore } from "#src/platform/mcp/conformance/event-store.ts"
import type { FixtureCall } from "#src/platform/mcp/conformance/fixture.ts"
import { createFixtureTasks } from "#src/platform/mcp/conformance/fixture-tasks.ts"
import { inputFixtures } from "#src/platform/mcp/conformance/input-fixtures.ts"
import {
  fixturePrompts,
  fixtureResources,
  fixtureTemplate,
  readFixture,
} from "#src/platform/mcp/conformance/reading-fixtures.ts"
import { taskFixtures } from "#src/platform/mcp/conformance/task-fixtures.ts"
import type { Call, Offer } from "#src/platform/mcp/offer.ts"

/** What the HTTP handler needs beside the offer when the fixtures are served. */
export interface Mounted {
  offer: Offer
  bus: ServerEventBus
  eventStore: () => EventStore
}

/**
 * The studio with everything the official conformance suites ask for in front of it: the same server, transports, sessions
 * and keys serve both. Logging, subscriptions and the replay of streams are there for the suites alone.
 */
export function mountConformance(studio: Offer): Mounted {
  const bus = new InMemoryServerEventBus()
  const tasks = createFixtureTasks()
  const fixtures = new Map([...contentFixtures, ...inputFixtures, ...taskFixtures].map((it) => [it.tool.name, it]))
  const prompts = new Map(fixturePrompts.map((it) => [it.prompt.name, it]))
  const fixtureCall = (call: Call): FixtureCall => ({ ...call, seal: studio.seal, tasks, bus })
  const offer: Offer = {
    ...studio,
    capabilities: {
      ...studio.capabilities,
      logging: {},
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { subscribe: true },
    },
    tools: async (connection) => [...[...fixtures.values()].map((it) => it.tool), ...(await studio.tools(connection))],
    callTool: async (name, input, call) =>
      fixtures.get(name)?.run(input, fixtureCall(call)) ?? studio.callTool(name, input, call),
    prompts: async () => [...fixturePrompts.map((it) => it.prompt), ...(await studio.prompts())],
    getPrompt: async (name, values, call) =>
      prompts.get(name)?.get(values, call) ?? studio.getPrompt(name, values, call),
    complete: async (params, call) =>
      params.ref.type === "ref/prompt" && prompts.has(params.ref.name)
        ? { values: ["paris", "park", "party"].filter((word) => word.startsWith(params.argument.value)) }
        : studio.complete(params, call),
    resources: async (call) => [...fixtureResources, ...(await studio.resources(call))],
    resourceTemplates: () => [fixtureTemplate, ...studio.resourceTemplates()],
    readResource: async (uri, call) => readFixture(uri) ?? studio.readResource(uri, call),
    task: async (id, call) => tasks.get(call.caller.accountId, id) ?? studio.task(id, call),
    cancelTask: async (id, call) => tasks.cancel(call.caller.accountId, id) || studio.cancelTask(id, call),
    answerTask: async (id, responses, call) =>
      tasks.answer(call.caller.accountId, id, responses) || studio.answerTask(id, responses, call),
    extend: acceptSubscriptions,
  }
  return { offer, bus, eventStore: createEventStore }
}

/** The suites only look at the acknowledgement. */
function acceptSubscriptions(server: Server): void {
  server.setRequestHandler("resources/subscribe", () => ({}))
  server.setRequestHandler("resources/unsubscribe", () => ({}))
}
