import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as delay } from "node:timers/promises"
import { streamEvents, wholeBody, type Answer } from "#tests/servers/llm/answer.ts"

/** The part of a chat completion request that tests look at. */
export interface ChatRequest {
  model: string
  stream?: boolean
  stream_options?: { include_usage?: boolean }
  messages: { role: string; content: unknown; tool_calls?: { id: string }[]; tool_call_id?: string }[]
  tools?: { function: { name: string; description?: string; parameters: unknown } }[]
  response_format?: { type: string; json_schema?: { schema: unknown } }
  max_tokens?: number
}

export interface LlmServer {
  /** Base address of the protocol, ".../v1". */
  url: string
  /** Every chat request, in order. */
  requests: ChatRequest[]
  headers: IncomingMessage["headers"][]
  /** Requests whose client went away before the answer was over. */
  abandoned(): number
  /** What the next requests get, in order; a function sees the request. When the script is over, requests fail with 418. */
  script(...answers: (Answer | ((request: ChatRequest) => Answer))[]): void
  /** What /models lists. */
  offer(...models: ({ id: string } & Record<string, unknown>)[]): void
  close(): Promise<void>
}

/** A model server on a local port that speaks the OpenAI chat protocol and does exactly what its script says, faults included. */
export async function startLlmServer(): Promise<LlmServer> {
  const requests: ChatRequest[] = []
  const headers: IncomingMessage["headers"][] = []
  let answers: (Answer | ((request: ChatRequest) => Answer))[] = []
  let models: object[] = [{ id: "m" }]
  let abandoned = 0
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    response.on("close", () => void (response.writableFinished || abandoned++))
    if (request.url?.endsWith("/models")) return sendJson(response, 200, { object: "list", data: models })
    const body = JSON.parse(await textOf(request)) as ChatRequest // only our own client talks to it
    requests.push(body)
    headers.push(request.headers)
    const next = answers.shift() ?? { status: 418, message: "the script is over" }
    return perform(typeof next === "function" ? next(body) : next, body, response)
  }
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo // it listens on a port, not on a pipe
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    headers,
    abandoned: () => abandoned,
    script: (...next) => void (answers = next),
    offer: (...next) => void (models = next),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}

async function perform(answer: Answer, request: ChatRequest, response: ServerResponse): Promise<void> {
  if (answer.delayMs) await delay(answer.delayMs)
  if (answer.hangUp) return void response.destroy()
  if (answer.status !== undefined)
    return sendJson(
      response,
      answer.status,
      { error: { message: answer.message ?? `error ${answer.status}` } },
      answer.headers,
    )
  if (request.stream) return stream(answer, request, response)
  const body = wholeBody(answer, request.model)
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
  if (answer.stallAfter !== undefined) return void response.write(body.slice(0, 20))
  if (answer.cutAfter !== undefined) {
    response.write(body.slice(0, 20), () => response.destroy())
    return
  }
  response.end(body)
}

async function stream(answer: Answer, request: ChatRequest, response: ServerResponse): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" })
  response.flushHeaders()
  const { content, end } = streamEvents(answer, request.model, request.stream_options?.include_usage === true)
  const stop = answer.cutAfter ?? answer.stallAfter
  // The first event carries no content.
  const sent = stop === undefined ? [...content, ...end] : content.slice(0, stop === 0 ? 0 : stop + 1)
  const bytes = Buffer.from(sent.join(""))
  const size = answer.splitBytes ?? 0
  if (size > 0)
    for (let at = 0; at < bytes.length; at += size) {
      await written(response, bytes.subarray(at, at + size))
      // A turn of the loop between writes, so that they arrive as separate chunks.
      await new Promise(setImmediate)
    }
  else for (const event of sent) await written(response, event)
  if (answer.stallAfter !== undefined) return
  if (answer.cutAfter === undefined) response.end()
  else setTimeout(() => response.destroy(), 20) // after what was written has arrived
}

/** Resolves when it is on its way, or when the client is gone. */
async function written(response: ServerResponse, chunk: string | Uint8Array): Promise<void> {
  if (response.destroyed) return
  await new Promise<void>((resolve) => void response.write(chunk, () => resolve()))
}

function sendJson(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(JSON.stringify(body))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer) // requests yield buffers unless told otherwise
  return Buffer.concat(chunks).toString("utf8")
}
