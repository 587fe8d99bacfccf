import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { connect } from "#tests/platform/mcp/clients.ts"
import { rpc } from "#tests/platform/mcp/rpc.ts"
import { serveStudio, type ServedStudio } from "#tests/servers/mcp-studio.ts"
import { loadRegistry } from "#tools/registry.ts"

let served: ServedStudio
let adminUrl: URL
const tokens = { admin: "", user: "", narrow: "" }
beforeAll(async () => {
  served = await serveStudio({ registry: await loadRegistry(["studio", "admin"]), env: { ATELIER_AUTH: "on" } })
  adminUrl = new URL("?tools=admin", served.mcp)
  const make = (role: "admin" | "user", scopes: string[]) =>
    served.studio.keys.create({ id: "local", surface: "cli" }, { accountId: "local", name: role, role, scopes }).token
  Object.assign(tokens, { admin: make("admin", ["*"]), user: make("user", ["*"]), narrow: make("admin", ["design:*"]) })
})
afterAll(() => served.close())

const list = async (url: URL, token: string) => {
  const { result } = await rpc(url, "tools/list", {}, { token })
  return (result["tools"] as { name: string }[]).map((tool) => tool.name) // what tools/list answers with
}
const call = (url: URL, token: string) => rpc(url, "tools/call", { name: "quota_show", arguments: {} }, { token })

describe("tools of admins over MCP", () => {
  test("are listed to nobody by itself: whatever lists tools may be a language model", async () => {
    for (const token of [tokens.admin, tokens.user])
      expect((await list(served.mcp, token)).filter((name) => /^(quota|server|model)_/.test(name))).toEqual([])
    const client = await connect("sdk 1.32", { url: served.mcp, token: tokens.admin })
    expect((await client.tools()).map((tool) => tool.name)).not.toContain("quota_edit")
    await client.close()
  })

  test("are there for the key of an admin when its address asks for them", async () => {
    expect(await list(adminUrl, tokens.admin)).toEqual(
      expect.arrayContaining(["quota_edit", "quota_report", "quota_show", "job_wait"]),
    )
    const { result } = await call(adminUrl, tokens.admin)
    expect(result["structuredContent"]).toMatchObject({ account: { id: "local" }, tenant: "local" })
  })

  test("cannot be called where they are not listed, and the admin is told where they are", async () => {
    const { result } = await call(served.mcp, tokens.admin)
    expect(result).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining("/mcp?tools=admin") as string }],
    })
  })

  test("are refused to everybody else, whatever the address asks for", async () => {
    expect((await list(adminUrl, tokens.user)).filter((name) => name.startsWith("quota_"))).toEqual([])
    for (const url of [adminUrl, served.mcp]) {
      const { result } = await call(url, tokens.user)
      expect(result).toMatchObject({
        isError: true,
        content: [{ text: expect.stringContaining('not open to the role "user"') as string }],
      })
    }
    expect((await call(adminUrl, tokens.narrow)).status).toBe(403)
  })

  test("are in no help that a model reads", async () => {
    for (const input of [{}, { topic: "studio" }]) {
      const { result } = await rpc(
        served.mcp,
        "tools/call",
        { name: "studio_help", arguments: input },
        { token: tokens.admin },
      )
      expect(JSON.stringify(result)).not.toMatch(/quota_|server_/)
    }
  })
})
