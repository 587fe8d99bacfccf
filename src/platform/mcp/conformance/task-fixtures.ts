import { setTimeout as sleep } from "node:timers/promises"
import {
  acceptedContent,
  inputRequired,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  type Result,
} from "@modelcontextprotocol/server"
import type { TaskWork } from "#src/platform/mcp/conformance/fixture-tasks.ts"
import { fixture, say, type Fixture, type FixtureCall } from "#src/platform/mcp/conformance/fixture.ts"
import { askName } from "#src/platform/mcp/conformance/input-fixtures.ts"
import { speaksTasks, TASKS_REQUIRED } from "#src/platform/mcp/tasks.ts"

const INTERNAL_ERROR = -32_603
const MAX_SECONDS = 120
const text = { type: "string" } as const

/** Long work as tasks: quick, slow, failing, asking. */
export const taskFixtures: Fixture[] = [
  fixture("greet", "Greets at once", ({ name }) => say(`Hello, ${String(name)}!`), { name: text }),
  fixture(
    "slow_compute",
    "Takes as long as it is told",
    async ({ seconds }, call) => {
      const ms = Math.min(MAX_SECONDS, Math.max(0, Number(seconds) || 0)) * 1000
      const work = async (signal: AbortSignal) => {
        await sleep(ms, undefined, { signal })
        return say(`Computed for ${ms / 1000} seconds.`)
      }
      if (!speaksTasks(call)) return work(call.context.mcpReq.signal)
      return call.tasks.start(call.caller.accountId, ({ signal }) => work(signal))
    },
    { seconds: { type: "number" }, label: text },
    ["seconds"],
  ),
  fixture(
    "failing_job",
    "Fails after a second",
    asTask(async ({ signal }) => {
      await sleep(1_000, undefined, { signal })
      return { ...say("The job failed on purpose."), isError: true }
    }),
  ),
  fixture(
    "protocol_error_job",
    "Breaks",
    asTask(async ({ signal }) => {
      await sleep(100, undefined, { signal })
      throw new ProtocolError(INTERNAL_ERROR, "The job broke on purpose.")
    }),
  ),
  fixture(
    "confirm_delete",
    "Asks before it goes on",
    asTask(async ({ ask }, { filename }) => {
      const answers = await ask({ confirm: confirmForm(`Delete ${String(filename)}?`) })
      return say(acceptedContent(answers, "confirm")?.["confirm"] === true ? "Deleted." : "Kept.")
    }),
    { filename: text },
    [],
  ),
  fixture(
    "multi_input",
    "Asks for two things",
    asTask(async ({ ask }) => {
      const answers = await ask({ name: askName, confirm: confirmForm("Go on?") })
      return say(`Answered: ${Object.keys(answers).sort().join(", ")}`)
    }),
  ),
  fixture("test_tool_with_task", "Asks, then goes on as a task", (_, call) => {
    requireTasks(call)
    const name = acceptedContent(call.context.mcpReq.inputResponses, "user_name")?.["name"]
    if (name === undefined) return inputRequired({ inputRequests: { user_name: askName } })
    return call.tasks.start(call.caller.accountId, async ({ signal }) => {
      await sleep(100, undefined, { signal })
      return say(`Hello, ${JSON.stringify(name)}!`)
    })
  }),
]

function asTask(work: (task: TaskWork, input: Record<string, unknown>) => Promise<Result>): Fixture["run"] {
  return (input, call) => {
    requireTasks(call)
    return call.tasks.start(call.caller.accountId, (task) => work(task, input))
  }
}

function requireTasks(call: FixtureCall): void {
  if (!speaksTasks(call)) throw new MissingRequiredClientCapabilityError({ requiredCapabilities: TASKS_REQUIRED })
}

function confirmForm(message: string) {
  return inputRequired.elicit({
    message,
    requestedSchema: { type: "object", properties: { confirm: { type: "boolean" } }, required: ["confirm"] },
  })
}
