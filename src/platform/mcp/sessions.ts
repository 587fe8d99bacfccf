import { randomUUID } from "node:crypto"
import {
  WebStandardStreamableHTTPServerTransport,
  type AuthInfo,
  type EventStore,
  type Server,
} from "@modelcontextprotocol/server"

/** Sessions are a matter of the 2025 protocol: an initialize opens one, and its server lives until it is closed or idle. */
export interface Sessions {
  /** Serves an initialize (`session` absent) or a request inside a session. */
  serve(
    request: Request,
    input: { accountId: string; session?: string; body?: unknown; authInfo: AuthInfo },
  ): Promise<Response>
  readonly size: number
  close(): Promise<void>
}

interface Session {
  accountId: string
  transport: WebStandardStreamableHTTPServerTransport
  server: Server
  /** When its last request came; a call takes less than any idle time allowed here. */
  usedAt: number
}

export interface SessionLimits {
  /** More sessions than this, and the one unused for longest makes room. */
  most: number
  /** A session without a request for this long is closed. */
  idleMs: number
}

export const SESSION_LIMITS: SessionLimits = { most: 256, idleMs: 30 * 60_000 }

const NOT_FOUND = -32_001

/** `serverFor` makes the server of a new session. */
export function createSessions(
  serverFor: (authInfo: AuthInfo, request: Request) => Server,
  options: { limits?: SessionLimits; eventStore?: () => EventStore } = {},
): Sessions {
  const { most, idleMs } = options.limits ?? SESSION_LIMITS
  const sessions = new Map<string, Session>()
  const longestUnusedFirst = () => [...sessions].sort(([, a], [, b]) => a.usedAt - b.usedAt)

  const drop = async (id: string): Promise<void> => {
    const session = sessions.get(id)
    sessions.delete(id)
    await session?.server.close()
  }
  const sweep = setInterval(
    () => {
      const latest = performance.now() - idleMs
      for (const [id, session] of longestUnusedFirst()) if (session.usedAt < latest) void drop(id)
    },
    Math.min(idleMs, 60_000),
  )
  sweep.unref()

  const open = async (accountId: string, authInfo: AuthInfo, request: Request): Promise<Session> => {
    const server = serverFor(authInfo, request)
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, session),
      onsessionclosed: (id) => void sessions.delete(id),
      ...(options.eventStore && { eventStore: options.eventStore(), retryInterval: 500 }),
    })
    const session: Session = { accountId, transport, server, usedAt: performance.now() }
    await server.connect(transport)
    return session
  }

  const handle = (session: Session, request: Request, body: unknown, authInfo: AuthInfo): Promise<Response> => {
    session.usedAt = performance.now()
    return session.transport.handleRequest(request, { authInfo, ...(body !== undefined && { parsedBody: body }) })
  }

  return {
    serve: async (request, { accountId, session: id, body, authInfo }) => {
      if (id !== undefined) {
        const session = sessions.get(id)
        // Somebody else's session looks like none.
        if (session?.accountId !== accountId)
          return rpcError(
            404,
            NOT_FOUND,
            "Session not found: it was closed or idle for too long. Send initialize again.",
            body,
          )
        return handle(session, request, body, authInfo)
      }
      const [oldest] = sessions.size >= most ? longestUnusedFirst() : []
      if (oldest) await drop(oldest[0])
      return handle(await open(accountId, authInfo, request), request, body, authInfo)
    },
    get size() {
      return sessions.size
    },
    close: async () => {
      clearInterval(sweep)
      await Promise.all([...sessions.keys()].map(drop))
    },
  }
}

/** An error of the protocol as an HTTP answer; the id of the request is given back when it can be read. */
export function rpcError(status: number, code: number, message: string, body?: unknown, data?: unknown): Response {
  const id = typeof body === "object" && body !== null && "id" in body ? body.id : null
  const known = typeof id === "string" || typeof id === "number" ? id : null
  return Response.json(
    { jsonrpc: "2.0", id: known, error: { code, message, ...(data !== undefined && { data }) } },
    { status },
  )
}
