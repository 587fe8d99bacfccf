import {
  acceptedContent,
  inputRequired,
  inputResponse,
  type InputRequests,
  type Result,
} from "@modelcontextprotocol/server"
import { fixture, say, type Fixture, type FixtureCall } from "#src/platform/mcp/conformance/fixture.ts"

type Form = Parameters<typeof inputRequired.elicit>[0]["requestedSchema"]

const text = { type: "string" } as const
const nameForm: Form = { type: "object", properties: { name: text }, required: ["name"] }
const okForm: Form = { type: "object", properties: { ok: { type: "boolean" } }, required: ["ok"] }

export const askName = inputRequired.elicit({ message: "What is your name?", requestedSchema: nameForm })
const askCapital = inputRequired.createMessage(prompt("What is the capital of France?", 100))
const confirm = inputRequired.elicit({ message: "Please confirm", requestedSchema: okForm })

/** Questions to the person or the model behind the client, in one round and in several. */
export const inputFixtures: Fixture[] = [
  fixture(
    "test_elicitation",
    "Asks for user name and address",
    form("User response", ({ message }) => ({
      message: String(message),
      requestedSchema: {
        type: "object",
        properties: {
          username: { ...text, description: "User's response" },
          email: { ...text, description: "User's email address" },
        },
        required: ["username", "email"],
      },
    })),
    { message: text },
  ),
  fixture(
    "test_elicitation_sep1034_defaults",
    "Asks with defaults",
    form("Elicitation completed", () => ({
      message: "Please review the defaults",
      requestedSchema: {
        type: "object",
        properties: {
          name: { ...text, default: "John Doe" },
          age: { type: "integer", default: 30 },
          score: { type: "number", default: 95.5 },
          status: { ...text, enum: ["active", "inactive", "pending"], default: "active" },
          verified: { type: "boolean", default: true },
        },
      },
    })),
  ),
  fixture(
    "test_elicitation_sep1330_enums",
    "Asks with every kind of choice",
    form("Elicitation completed", () => ({ message: "Please choose", requestedSchema: enumForm })),
  ),
  fixture(
    "test_sampling",
    "Asks the client's model",
    (input, { context }) => {
      const answer = inputResponse(context.mcpReq.inputResponses, "sample")
      if (answer.kind === "sampling") return say(`LLM response: ${sampled(answer.result)}`)
      return inputRequired({
        inputRequests: { sample: inputRequired.createMessage(prompt(String(input["prompt"]), 100)) },
      })
    },
    { prompt: text },
  ),
  fixture("test_streaming_elicitation", "Asks for a name", askForName),
  fixture("test_input_required_result_elicitation", "Asks for a name", askForName),
  fixture("test_input_required_result_sampling", "Asks for a capital", (_, { context }) => {
    const answer = inputResponse(context.mcpReq.inputResponses, "capital_question")
    if (answer.kind === "sampling") return say(sampled(answer.result))
    return inputRequired({ inputRequests: { capital_question: askCapital } })
  }),
  fixture("test_input_required_result_list_roots", "Asks for the roots", (_, { context }) => {
    const answer = inputResponse(context.mcpReq.inputResponses, "client_roots")
    if (answer.kind === "roots") return say(answer.roots.map((root) => root.uri).join(", ") || "no roots")
    return inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
  }),
  fixture("test_input_required_result_request_state", "Asks, with state", confirmed),
  fixture("test_input_required_result_tampered_state", "Asks, with signed state", confirmed),
  fixture("test_input_required_result_multiple_inputs", "Asks for three things at once", async (_, call) => {
    const answers = call.context.mcpReq.inputResponses ?? {}
    const keys = ["user_name", "greeting", "client_roots"]
    if (keys.every((key) => key in answers)) return say("All three answered.")
    const inputRequests = {
      user_name: askName,
      greeting: inputRequired.createMessage(prompt("Generate a greeting", 50)),
      client_roots: inputRequired.listRoots(),
    }
    return inputRequired({ inputRequests, requestState: await call.seal.mint({ asked: keys }, call.context) })
  }),
  fixture("test_input_required_result_multi_round", "Asks twice", multiRound),
  fixture("test_input_required_result_capabilities", "Asks only what the client can answer", (_, { client }) => {
    const inputRequests: InputRequests = {
      ...(client.sampling && { capital_question: askCapital }),
      ...(client.elicitation && { user_name: askName }),
    }
    return Object.keys(inputRequests).length > 0 ? inputRequired({ inputRequests }) : say("Nothing can be asked.")
  }),
]

const options = ["option1", "option2", "option3"]
const titled = (word: string) =>
  ["First", "Second", "Third"].map((rank, i) => ({ const: `value${i + 1}`, title: `${rank} ${word}` }))
const enumForm: Form = {
  type: "object",
  properties: {
    untitledSingle: { type: "string", enum: options },
    titledSingle: { type: "string", oneOf: titled("Option") },
    legacyEnum: {
      type: "string",
      enum: ["opt1", "opt2", "opt3"],
      enumNames: ["Option One", "Option Two", "Option Three"],
    },
    untitledMulti: { type: "array", items: { type: "string", enum: options } },
    titledMulti: { type: "array", items: { anyOf: titled("Choice") } },
  },
}

function form(
  title: string,
  params: (input: Record<string, unknown>) => Parameters<typeof inputRequired.elicit>[0],
): Fixture["run"] {
  return (input, { context }) => {
    const answer = inputResponse(context.mcpReq.inputResponses, "form")
    if (answer.kind === "elicit")
      return say(`${title}: action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`)
    return inputRequired({ inputRequests: { form: inputRequired.elicit(params(input)) } })
  }
}

function askForName(_: Record<string, unknown>, { context }: FixtureCall): Result {
  const answer = acceptedContent(context.mcpReq.inputResponses, "user_name")
  if (answer) return say(`Hello, ${String(answer["name"])}!`)
  return inputRequired({ inputRequests: { user_name: askName } })
}

async function confirmed(_: Record<string, unknown>, { context, seal }: FixtureCall): Promise<Result> {
  const state = context.mcpReq.requestState<{ step: string }>()
  if (state?.step === "confirm" && acceptedContent(context.mcpReq.inputResponses, "confirm")) return say("state-ok")
  return inputRequired({ inputRequests: { confirm }, requestState: await seal.mint({ step: "confirm" }, context) })
}

async function multiRound(_: Record<string, unknown>, { context, seal }: FixtureCall): Promise<Result> {
  const state = context.mcpReq.requestState<{ name?: unknown }>()
  const responses = context.mcpReq.inputResponses
  const name = state?.name ?? (state && acceptedContent(responses, "step1")?.["name"])
  const color = acceptedContent(responses, "step2")?.["color"]
  if (name === undefined) {
    const step1 = inputRequired.elicit({ message: "Step 1: What is your name?", requestedSchema: nameForm })
    return inputRequired({ inputRequests: { step1 }, requestState: await seal.mint({}, context) })
  }
  if (color !== undefined) return say(JSON.stringify({ name, color }))
  const step2 = inputRequired.elicit({
    message: "Step 2: What is your favorite color?",
    requestedSchema: { type: "object", properties: { color: text }, required: ["color"] },
  })
  return inputRequired({ inputRequests: { step2 }, requestState: await seal.mint({ name }, context) })
}

function prompt(words: string, maxTokens: number): Parameters<typeof inputRequired.createMessage>[0] {
  return { messages: [{ role: "user", content: { type: "text", text: words } }], maxTokens }
}

function sampled({ content }: { content: unknown }): string {
  const [first] = Array.isArray(content) ? (content as unknown[]) : [content]
  return typeof first === "object" && first !== null && "text" in first ? String(first.text) : JSON.stringify(first)
}
