/** Revision of the MCP Apps extension that this view speaks. */
const PROTOCOL = "2026-01-26"
const REQUEST_MS = 30_000

interface Message {
  jsonrpc: "2.0"
  id?: number | string
  method?: string
  params?: Record<string, unknown>
  result?: Record<string, unknown>
  error?: { message?: string }
}

export interface HostContext {
  theme?: "light" | "dark"
}

/** The program that shows this view: JSON-RPC over postMessage with the window around it, and with nobody else. */
export interface Host {
  canOpenLinks: boolean
  request(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>>
  notify(method: string, params: Record<string, unknown>): void
}

export interface HostEvents {
  /** A tool that this view belongs to has answered. */
  result(result: Record<string, unknown>): void
  context(context: HostContext): void
  /** The view is about to be removed. */
  teardown(): void
}

/** Says hello to the host. Rejects when nobody answers: the page was opened by itself. */
export async function connect(name: string, version: string, events: HostEvents): Promise<Host> {
  const waiting = new Map<number, { resolve(result: Record<string, unknown>): void; reject(error: Error): void }>()
  const post = (message: Omit<Message, "jsonrpc">) => {
    // The origin of the host is not known to a sandboxed frame; nothing secret is sent.
    window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*")
  }
  let last = 0
  const request: Host["request"] = (method, params) =>
    new Promise((resolve, reject) => {
      const id = ++last
      const late = setTimeout(() => settle(id)?.reject(new Error("the host does not answer")), REQUEST_MS)
      waiting.set(id, {
        resolve: (result) => (clearTimeout(late), resolve(result)),
        reject: (error) => (clearTimeout(late), reject(error)),
      })
      post({ id, method, params })
    })
  const settle = (id: number) => {
    const found = waiting.get(id)
    waiting.delete(id)
    return found
  }
  addEventListener("message", ({ source, data }: MessageEvent<Message | undefined>) => {
    if (source !== window.parent || data?.jsonrpc !== "2.0") return
    const { id, method, params = {}, result, error } = data
    if (method === undefined) {
      if (typeof id !== "number") return
      if (error) settle(id)?.reject(new Error(error.message ?? "refused"))
      else settle(id)?.resolve(result ?? {})
    } else if (method === "ui/notifications/tool-result") events.result(params)
    else if (method === "ui/notifications/host-context-changed") events.context(params)
    else if (id !== undefined) {
      if (method === "ui/resource-teardown") events.teardown()
      if (method === "ui/resource-teardown" || method === "ping") post({ id, result: {} })
      else window.parent.postMessage({ jsonrpc: "2.0", id, error: { code: -32_601, message: "not known here" } }, "*")
    }
  })
  const hello = await request("ui/initialize", {
    protocolVersion: PROTOCOL,
    appInfo: { name, version },
    appCapabilities: {},
  })
  const { hostCapabilities = {}, hostContext = {} } = hello as {
    hostCapabilities?: { openLinks?: unknown }
    hostContext?: HostContext
  } // the answer that the extension prescribes; what is missing counts as absent
  events.context(hostContext)
  const notify: Host["notify"] = (method, params) => post({ method, params })
  notify("ui/notifications/initialized", {})
  return { canOpenLinks: hostCapabilities.openLinks !== undefined, request, notify }
}
