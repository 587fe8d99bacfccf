import { Writable } from "node:stream"
import { serveStdio } from "@modelcontextprotocol/server/stdio"
import { LineTransport } from "#src/platform/mcp/line-transport.ts"
import type { Offer } from "#src/platform/mcp/offer.ts"
import { createMcpServer } from "#src/platform/mcp/server.ts"
import { createStudioOffer, type McpParts } from "#src/platform/mcp/studio-offer.ts"
import type { Caller } from "#src/studio.ts"

export interface StdioOptions extends McpParts {
  /** Who sits at the other end: of the key in ATELIER_API_KEY, or the owner. */
  caller: Caller
  /** Ends the connection from our side. */
  signal?: AbortSignal
  /** Instead of the studio's own (conformance). */
  offer?: Offer
}

/**
 * Serves MCP on stdin and stdout, both eras; resolves when the client has closed its end. Everything else that the program
 * writes to stdout meanwhile goes to stderr: one stray line would break the protocol.
 */
export async function serveMcpStdio(options: StdioOptions): Promise<void> {
  const { caller, log, signal } = options
  const offer = options.offer ?? createStudioOffer(options)
  const transport = new LineTransport(process.stdin, takeStdout())
  const handle = serveStdio(({ era }) => createMcpServer(offer, { era, caller }), {
    transport,
    onerror: (error) => log.debug({ err: error }, "MCP message refused"),
  })
  const stop = () => void handle.close()
  signal?.addEventListener("abort", stop, { once: true })
  try {
    await transport.ended
  } finally {
    signal?.removeEventListener("abort", stop)
    await handle.close()
  }
}

/** Keeps stdout for the protocol and turns everybody else's writes to stderr, until the process ends. */
function takeStdout(): Writable {
  const write = process.stdout.write.bind(process.stdout)
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      write(chunk, (error) => done(error))
    },
  })
  // A client that went away breaks the pipe; the transport closes then.
  process.stdout.on("error", () => {})
  process.stdout.write = process.stderr.write.bind(process.stderr)
  return output
}
