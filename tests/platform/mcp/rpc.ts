import { z } from "zod"

const CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
const answer = z.looseObject({
  id: z.union([z.string(), z.number()]).nullable(),
  result: z.looseObject({}).optional(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown() }).partial({ data: true }).optional(),
})

export interface RpcOptions {
  token?: string
  capabilities?: object
  headers?: Record<string, string>
}

/** One request of 2026-07-28, as bare as it travels. */
export async function rpc(
  url: URL,
  method: string,
  params: Record<string, unknown> = {},
  { token, capabilities = {}, headers = {} }: RpcOptions = {},
) {
  const name = params["name"] ?? params["uri"] ?? params["taskId"]
  const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", [CAPABILITIES]: capabilities }
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(typeof name === "string" && { "mcp-name": encoded(name) }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } }),
  })
  const text = await response.text()
  const body: unknown = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined
  // What is refused before it reaches the protocol (401, 403) is no JSON-RPC.
  const { result, error } = answer.partial().safeParse(body).data ?? {}
  return { status: response.status, headers: response.headers, text, result: result ?? {}, error }
}

/** Header values are ASCII; what is not, and what would be cut, goes in Base64. */
function encoded(name: string): string {
  const plain = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(name)
  return plain ? name : `=?base64?${Buffer.from(name).toString("base64")}?=`
}
