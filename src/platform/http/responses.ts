const SECURITY: Record<string, string> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "x-frame-options": "SAMEORIGIN",
  "cross-origin-opener-policy": "same-origin",
}
const CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"

/** Headers that every answer carries; a handler that set one itself knows better. */
export function withSecurity(response: Response): Response {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(SECURITY)) if (!headers.has(name)) headers.set(name, value)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}

/** Lets a page that passed the origin guard read the answers of the MCP endpoint. */
export function withCors(request: Request, response: Response): Response {
  const origin = request.headers.get("origin")
  if (origin === null) return response
  const headers = new Headers(response.headers)
  headers.set("access-control-allow-origin", origin)
  headers.append("vary", "origin")
  headers.set("access-control-expose-headers", "mcp-session-id, mcp-protocol-version, www-authenticate")
  if (request.method === "OPTIONS") {
    headers.set("access-control-allow-methods", "GET, POST, DELETE, OPTIONS")
    headers.set("access-control-allow-headers", request.headers.get("access-control-request-headers") ?? "")
    headers.set("access-control-max-age", "600")
  }
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}

/** For a person a page, for a program JSON. */
export function notFound(request: Request): Response {
  if (!request.headers.get("accept")?.includes("text/html"))
    return Response.json({ error: "There is nothing at this address.", see: "/mcp, /health/live" }, { status: 404 })
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Not found · Atelier</title><style>body{font:16px/1.5 system-ui;max-width:34rem;margin:15vh auto;padding:0 1rem}</style>
<h1>There is nothing at this address</h1>
<p>Links to files and pages expire after a while. Ask the studio to show the design again, and it gives a fresh one.</p></html>`
  return new Response(page, {
    status: 404,
    headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": CSP },
  })
}
