/** What the scripted server does with one request. Without faults it is a good answer in either form, as the request asks. */
export interface Answer {
  text?: string
  /** Sent as `reasoning_content`. */
  reasoning?: string
  /** `id` as some servers send it: "" or left out. `arguments` is sent as it is, also when it is no JSON. */
  calls?: { id?: string; name: string; arguments: string }[]
  /** Default: "tool_calls" with calls, else "stop". Null: none is sent. */
  finish?: string | null
  /** Null: the server does not count. */
  usage?: { prompt: number; completion: number; cached?: number } | null

  /** An HTTP error instead of an answer. */
  status?: number
  headers?: Record<string, string>
  message?: string
  /** The connection is cut after so many pieces of content; 0 = after the headers. */
  cutAfter?: number
  /** Nothing more is sent after so many pieces of content, until the client goes away. */
  stallAfter?: number
  /** The connection is closed without a byte. */
  hangUp?: boolean
  /** The stream is written in pieces of so many bytes, wherever that falls. */
  splitBytes?: number
  /** Milliseconds before the answer. */
  delayMs?: number
}

const HEAD = { id: "chatcmpl-1", object: "chat.completion", created: 1_700_000_000 }

/** The body of an answer that is not streamed. */
export function wholeBody(answer: Answer, model: string): string {
  return JSON.stringify({
    ...HEAD,
    model,
    choices: [
      {
        index: 0,
        finish_reason: finishOf(answer),
        message: {
          role: "assistant",
          content: answer.text ?? null,
          ...(answer.reasoning === undefined ? {} : { reasoning_content: answer.reasoning }),
          ...(answer.calls
            ? {
                tool_calls: answer.calls.map((call) => ({
                  ...idOf(call),
                  type: "function",
                  function: functionOf(call),
                })),
              }
            : {}),
        },
      },
    ],
    ...usageOf(answer),
  })
}

/** The server-sent events of a streamed answer: one list of pieces with content, then those that end it. */
export function streamEvents(answer: Answer, model: string, withUsage: boolean): { content: string[]; end: string[] } {
  const event = (delta: object, finish: string | null = null) =>
    line({ ...HEAD, object: "chat.completion.chunk", model, choices: [{ index: 0, delta, finish_reason: finish }] })
  const content = [
    ...pieces(answer.reasoning).map((text) => event({ reasoning_content: text })),
    ...pieces(answer.text).map((text) => event({ content: text })),
    ...(answer.calls ?? []).flatMap((call, index) => {
      const half = Math.ceil(call.arguments.length / 2)
      const first = {
        index,
        ...idOf(call),
        type: "function",
        function: { name: call.name, arguments: call.arguments.slice(0, half) },
      }
      const second = { index, function: { arguments: call.arguments.slice(half) } }
      return [
        event({ tool_calls: [first] }),
        ...(half < call.arguments.length ? [event({ tool_calls: [second] })] : []),
      ]
    }),
  ]
  const usage = usageOf(answer)
  const end = [
    ...(answer.finish === null ? [] : [event({}, finishOf(answer))]),
    ...(withUsage && "usage" in usage ? [line({ ...HEAD, model, choices: [], ...usage })] : []),
    "data: [DONE]\n\n",
  ]
  return { content: [event({ role: "assistant", content: "" }), ...content], end }
}

function line(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

/** Words, as a model would send them. */
function pieces(text: string | undefined): string[] {
  return text?.match(/\s*\S+\s*$|\s*\S+/g) ?? []
}

function finishOf(answer: Answer): string | null {
  return answer.finish === undefined ? (answer.calls ? "tool_calls" : "stop") : answer.finish
}

function idOf(call: { id?: string }): { id?: string } {
  return call.id === undefined ? {} : { id: call.id }
}

function functionOf(call: { name: string; arguments: string }) {
  return { name: call.name, arguments: call.arguments }
}

function usageOf(answer: Answer): { usage?: object } {
  if (answer.usage === null) return {}
  const { prompt, completion, cached } = answer.usage ?? { prompt: 10, completion: 5, cached: undefined }
  return {
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
    },
  }
}
