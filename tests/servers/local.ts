import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** A request as a local server saw it. */
export interface Seen {
  method: string
  /** Path with query. */
  path: string
  headers: IncomingMessage["headers"]
  body: Buffer
}

export interface LocalServer {
  url: string
  /** Every request, in order. */
  seen: Seen[]
  /** Requests whose client went away before the answer was over. */
  abandoned(): number
  close(): Promise<void>
}

/** A real HTTP server on a free local port. What the handler throws destroys the connection. */
export async function serveLocally(
  handle: (seen: Seen, response: ServerResponse) => void | Promise<void>,
): Promise<LocalServer> {
  const seen: Seen[] = []
  let abandoned = 0
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    response.on("close", () => void (response.writableFinished || abandoned++))
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer) // requests yield buffers unless told otherwise
    const one = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(chunks),
    }
    seen.push(one)
    await handle(one, response)
  }
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo // it listens on a port, not on a pipe
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    abandoned: () => abandoned,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { "content-type": "application/json", "content-length": bytes.length, ...headers })
  response.end(bytes)
}

export function sendBytes(response: ServerResponse, bytes: Uint8Array, type = "application/octet-stream"): void {
  response.writeHead(200, { "content-type": type, "content-length": bytes.byteLength })
  response.end(bytes)
}

/** The first half of an answer, then the connection is gone. */
export function sendHalf(response: ServerResponse, bytes: Uint8Array): void {
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": bytes.byteLength })
  response.write(bytes.subarray(0, Math.floor(bytes.byteLength / 2)), () => response.destroy())
}

/** A form as the server's framework would read it. */
export async function readForm({ headers, body }: Seen): Promise<FormData> {
  return new Response(new Uint8Array(body), { headers: { "content-type": headers["content-type"] ?? "" } }).formData()
}

/** JSON of our own client. */
export function readJson({ body }: Seen): Record<string, unknown> {
  return JSON.parse(body.toString("utf8")) as Record<string, unknown> // our client sends objects
}
