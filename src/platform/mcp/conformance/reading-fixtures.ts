import {
  acceptedContent,
  inputRequired,
  type GetPromptResult,
  type Prompt,
  type ReadResourceResult,
  type Resource,
  type Result,
} from "@modelcontextprotocol/server"
import { PNG } from "#src/platform/mcp/conformance/fixture.ts"
import type { Call } from "#src/platform/mcp/offer.ts"

export const fixtureResources: Resource[] = [
  { uri: "test://static-text", name: "static-text", description: "Text", mimeType: "text/plain" },
  { uri: "test://static-binary", name: "static-binary", description: "Picture", mimeType: "image/png" },
  {
    uri: "test://watched-resource",
    name: "watched-resource",
    description: "Text to subscribe to",
    mimeType: "text/plain",
  },
]

export const fixtureTemplate = {
  uriTemplate: "test://template/{id}/data",
  name: "template",
  description: "Answers with its id",
  mimeType: "application/json",
}

export function readFixture(uri: string): ReadResourceResult | undefined {
  const text = (mimeType: string, words: string) => ({ contents: [{ uri, mimeType, text: words }] })
  if (uri === "test://static-text") return text("text/plain", "This is the content of the static text resource.")
  if (uri === "test://watched-resource") return text("text/plain", "This is the watched resource.")
  if (uri === "test://static-binary") return { contents: [{ uri, mimeType: "image/png", blob: PNG }] }
  const [, id] = /^test:\/\/template\/([^/]+)\/data$/.exec(uri) ?? []
  if (id === undefined) return undefined
  return text("application/json", JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }))
}

interface FixturePrompt {
  prompt: Prompt
  get(values: Record<string, string>, call: Call): GetPromptResult | Result
}

const argument = (name: string) => ({ name, description: `Test argument ${name}`, required: true })
const user = (content: GetPromptResult["messages"][number]["content"]) => ({ role: "user" as const, content })
const words = (text: string) => user({ type: "text", text })

export const fixturePrompts: FixturePrompt[] = [
  {
    prompt: { name: "test_simple_prompt", description: "Without arguments" },
    get: () => ({ messages: [words("This is a simple prompt for testing.")] }),
  },
  {
    prompt: {
      name: "test_prompt_with_arguments",
      description: "With arguments",
      arguments: [argument("arg1"), argument("arg2")],
    },
    get: ({ arg1, arg2 }) => ({ messages: [words(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  },
  {
    prompt: {
      name: "test_prompt_with_embedded_resource",
      description: "With a resource",
      arguments: [argument("resourceUri")],
    },
    get: ({ resourceUri = "" }) => ({
      messages: [
        user({
          type: "resource",
          resource: { uri: resourceUri, mimeType: "text/plain", text: "Embedded resource content for testing." },
        }),
        words("Please process the embedded resource above."),
      ],
    }),
  },
  {
    prompt: { name: "test_prompt_with_image", description: "With an image" },
    get: () => ({
      messages: [user({ type: "image", data: PNG, mimeType: "image/png" }), words("Please analyze the image above.")],
    }),
  },
  {
    prompt: { name: "test_input_required_result_prompt", description: "Asks first" },
    get: (_, { context }) => {
      const answer = acceptedContent(context.mcpReq.inputResponses, "user_context")
      if (answer) return { messages: [words(`Use this context: ${String(answer["context"])}`)] }
      return inputRequired({ inputRequests: { user_context: askContext } })
    },
  },
]

const askContext = inputRequired.elicit({
  message: "What context should the prompt use?",
  requestedSchema: { type: "object", properties: { context: { type: "string" } }, required: ["context"] },
})
