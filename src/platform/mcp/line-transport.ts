import { once } from "node:events"
import type { Readable, Writable } from "node:stream"
import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  ReadBuffer,
  serializeMessage,
} from "@modelcontextprotocol/server"
import type { JSONRPCMessage, RequestId, Transport } from "@modelcontextprotocol/server"

/** How long answers may take after the input has ended. */
const LAST_ANSWERS_MS = 5_000

/**
 * One JSON message a line. Unlike the SDK's own stdio transport, the end of the input lets calls in flight finish (a while),
 * so that `printf … | atelier mcp` gets its answers.
 */
export class LineTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  readonly #input: Readable
  readonly #output: Writable
  readonly #buffer = new ReadBuffer()
  readonly #unanswered = new Set<RequestId>()
  readonly #over = Promise.withResolvers<void>()
  #closed = false
  #ending: NodeJS.Timeout | undefined

  constructor(input: Readable, output: Writable) {
    this.#input = input
    this.#output = output
  }

  /** Resolves when the connection has ended, from whichever side. */
  get ended(): Promise<void> {
    return this.#over.promise
  }

  // oxlint-disable-next-line require-await -- the interface of the SDK is asynchronous
  async start(): Promise<void> {
    this.#input.on("data", this.#read)
    this.#input.once("end", this.#end)
    this.#input.once("close", this.#end)
    this.#output.once("error", () => void this.close())
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#closed) return
    const roomy = this.#output.write(serializeMessage(message))
    if (isJSONRPCResponse(message) && message.id !== undefined) this.#unanswered.delete(message.id)
    if (!roomy) await once(this.#output, "drain")
    if (this.#ending && this.#unanswered.size === 0) await this.close()
  }

  // oxlint-disable-next-line require-await -- the interface of the SDK is asynchronous
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#ending)
    this.#input.off("data", this.#read)
    this.#input.pause()
    this.onclose?.()
    this.#over.resolve()
  }

  readonly #read = (chunk: Buffer): void => {
    try {
      this.#buffer.append(chunk)
      for (let message = this.#buffer.readMessage(); message; message = this.#buffer.readMessage()) {
        this.#note(message)
        this.onmessage?.(message)
      }
    } catch (error) {
      this.onerror?.(error as Error) // the buffer throws Errors: a line over 10 MB or no JSON-RPC message
    }
  }

  /** Which answers are still owed: none to a call that the client took back. */
  #note(message: JSONRPCMessage): void {
    if (isJSONRPCRequest(message)) this.#unanswered.add(message.id)
    else if (isJSONRPCNotification(message) && message.method === "notifications/cancelled")
      this.#unanswered.delete(message.params?.["requestId"] as RequestId) // any other value deletes nothing
  }

  readonly #end = (): void => {
    if (this.#closed || this.#ending) return
    if (this.#unanswered.size === 0) void this.close()
    else this.#ending = setTimeout(() => void this.close(), LAST_ANSWERS_MS)
  }
}
