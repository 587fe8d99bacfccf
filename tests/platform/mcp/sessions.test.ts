import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, expect, test } from "vitest"
import type { AuthInfo } from "@modelcontextprotocol/server"
import { createStudioOffer } from "#src/platform/mcp/studio-offer.ts"
import { createMcpServer } from "#src/platform/mcp/server.ts"
import { createSessions, type Sessions } from "#src/platform/mcp/sessions.ts"
import { mcpParts } from "#tests/servers/mcp-studio.ts"
import { testStudio } from "#tests/studio.ts"
import { createRegistry } from "#tools/registry.ts"

const ENDS: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ENDS.splice(0)) await end()
})

async function start(limits: { most: number; idleMs: number }): Promise<Sessions> {
  const studio = await testStudio()
  const offer = createStudioOffer(mcpParts(studio, createRegistry([])))
  const { caller } = studio.call()
  const sessions = createSessions(() => createMcpServer(offer, { era: "legacy", caller }), { limits })
  ENDS.push(
    () => sessions.close(),
    () => studio.close(),
  )
  return sessions
}

const authInfo: AuthInfo = { token: "", clientId: "local", scopes: [] }
const initialize = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } },
}

async function send(sessions: Sessions, body: object, session?: string, accountId = "local"): Promise<Response> {
  const request = new Request("http://127.0.0.1/mcp", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(session !== undefined && { "mcp-session-id": session }),
    },
    body: JSON.stringify(body),
  })
  const response = await sessions.serve(request, {
    accountId,
    body,
    authInfo,
    ...(session !== undefined && { session }),
  })
  await response.text()
  return response
}

const open = async (sessions: Sessions) => (await send(sessions, initialize)).headers.get("mcp-session-id") ?? ""
const ping = async (sessions: Sessions, session: string, accountId?: string) =>
  (await send(sessions, { jsonrpc: "2.0", id: 2, method: "ping" }, session, accountId)).status

test("a session lives until it is deleted", async () => {
  const sessions = await start({ most: 4, idleMs: 60_000 })
  const id = await open(sessions)
  expect(await ping(sessions, id)).toBe(200)
  const request = new Request("http://127.0.0.1/mcp", { method: "DELETE", headers: { "mcp-session-id": id } })
  expect((await sessions.serve(request, { accountId: "local", session: id, authInfo })).status).toBe(200)
  expect(await ping(sessions, id)).toBe(404)
  expect(sessions.size).toBe(0)
})

test("the session of one account is unknown to another", async () => {
  const sessions = await start({ most: 4, idleMs: 60_000 })
  const id = await open(sessions)
  expect(await ping(sessions, id, "stranger")).toBe(404)
  expect(await ping(sessions, id)).toBe(200)
})

test("the longest idle session makes room for a new one", async () => {
  const sessions = await start({ most: 2, idleMs: 60_000 })
  const [first, second] = [await open(sessions), await open(sessions)]
  expect(await ping(sessions, first)).toBe(200)
  await open(sessions)
  expect(sessions.size).toBe(2)
  expect([await ping(sessions, first), await ping(sessions, second)]).toEqual([200, 404])
})

test("an idle session is closed", async () => {
  const sessions = await start({ most: 2, idleMs: 20 })
  const id = await open(sessions)
  await sleep(100)
  expect(sessions.size).toBe(0)
  expect(await ping(sessions, id)).toBe(404)
})
