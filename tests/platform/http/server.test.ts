import { request as rawRequest } from "node:http"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { VERSION } from "#src/platform/version.ts"
import { quotaFigures } from "#src/platform/quota/figures.ts"
import { connect, textOf } from "#tests/platform/mcp/clients.ts"
import { rpc } from "#tests/platform/mcp/rpc.ts"
import { toyRegistry } from "#tests/platform/mcp/toys.ts"
import { serveStudio, type ServedStudio } from "#tests/servers/mcp-studio.ts"

let open: ServedStudio
let locked: ServedStudio
beforeAll(async () => {
  const registry = await toyRegistry()
  open = await serveStudio({
    registry,
    env: { ATELIER_ALLOWED_ORIGINS: "https://app.example.org" },
    http: {
      figures: quotaFigures({
        violations: () => 0,
        totals: () => [{ tenant: "local", unit: "gpu_seconds", used: 412, held: 60 }],
      }),
    },
  })
  locked = await serveStudio({ registry, env: { ATELIER_AUTH: "on" } })
})
afterAll(async () => {
  await open.close()
  await locked.close()
})

const key = (scopes: string[], role: "user" | "admin" = "user") => {
  const { keys } = locked.studio
  return keys.create({ id: "local", surface: "cli" }, { accountId: "local", name: "key", role, scopes })
}
const call = (name: string, input: object, token?: string) =>
  rpc(locked.mcp, "tools/call", { name, arguments: input }, token === undefined ? {} : { token })

describe("with keys switched on", () => {
  test("a request without a key is answered with where to read about keys, and that says what it should", async () => {
    const answer = await fetch(locked.mcp, { method: "POST", body: "{}" })
    expect(answer.status).toBe(401)
    const [, url] = /^Bearer resource_metadata="(.*)"$/.exec(answer.headers.get("www-authenticate") ?? "") ?? []
    expect(url).toBe(`${locked.url}/.well-known/oauth-protected-resource/mcp`)
    for (const at of [url ?? "", `${locked.url}/.well-known/oauth-protected-resource`]) {
      const metadata = await fetch(at)
      expect(metadata.status).toBe(200)
      expect(await metadata.json()).toMatchObject({
        resource: `${locked.url}/mcp`,
        authorization_servers: [],
        bearer_methods_supported: ["header"],
        scopes_supported: expect.arrayContaining(["toy:read", "toy:write"]),
      })
    }
  })

  test.each(["wrong", "atl_" + "a".repeat(54), "x".repeat(5_000), "a b"])("the key %s is refused", async (token) => {
    const answer = await fetch(locked.mcp, {
      method: "POST",
      body: "{}",
      headers: { authorization: `Bearer ${token}` },
    })
    expect(answer.status).toBe(401)
    expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"')
  })

  test("a revoked key stops working at once, in a session too", async () => {
    const { key: made, token } = key(["*"])
    const client = await connect("sdk 1.32", { url: locked.mcp, token })
    expect(textOf(await client.call("toy_echo", { text: "in" }))).toBe("in")
    locked.studio.keys.revoke({ id: "local", surface: "cli" }, made.id)
    await expect(client.call("toy_echo", { text: "out" })).rejects.toThrow(/401|unauthorized|invalid_token/i)
    await client.close().catch(() => {})
  })

  test("a role that is lowered counts at once, in a session too", async () => {
    const { accounts, keys } = locked.studio
    const by = { id: "local", surface: "cli" } as const
    const { id } = accounts.forIdentity({ platform: "test", tenant: "t", externalId: "guest" }, "Guest")
    const { token } = keys.create(by, { accountId: id, name: "key", role: "user", scopes: ["*"] })
    const client = await connect("sdk 1.32", { url: locked.mcp, token })
    expect(textOf(await client.call("toy_paint"))).toContain("Painted.")
    accounts.setRole(by, id, "*", "viewer")
    expect(textOf(await client.call("toy_paint"))).toContain('not open to the role "viewer"')
    expect((await client.tools()).map((tool) => tool.name)).not.toContain("toy_paint")
    await client.close()
  })

  test("scopes decide by family and effect: reading does not allow writing", async () => {
    const { token } = key(["toy:read"])
    expect((await call("toy_echo", { text: "a" }, token)).result["structuredContent"]).toEqual({ text: "a" })
    const refused = await call("toy_size", { size: "7" }, token)
    expect(refused.status).toBe(403)
    expect(refused.headers.get("www-authenticate")).toContain('error="insufficient_scope", scope="toy:write"')
    expect(
      (await call("toy_size", { size: "7", system: "us", wearer: { finger: "thumb" } }, key(["toy:*"]).token)).status,
    ).toBe(200)
  })

  test("a key for one family may follow its jobs and ask for help, but not stop jobs", async () => {
    const { token } = key(["toy:read"])
    expect((await call("studio_help", {}, token)).status).toBe(200)
    expect((await call("job_list", {}, token)).status).toBe(200)
    expect((await call("job_cancel", { job_id: "job_x" }, token)).headers.get("www-authenticate")).toContain(
      'scope="studio:write"',
    )
  })

  test("a session of the 2025 protocol is held to the scopes as well", async () => {
    const client = await connect("sdk 1.32", { url: locked.mcp, token: key(["toy:read"]).token })
    await expect(client.call("toy_size", { size: "7" })).rejects.toThrow(/insufficient_scope|403/)
    await client.close()
  })

  test("the call runs for the account and with the role of its key", async () => {
    await call("toy_echo", { text: "who" }, key(["*"]).token)
    expect(locked.calls.at(-1)?.caller).toMatchObject({
      accountId: "local",
      role: "user",
      surface: "http",
      keyId: expect.any(String),
    })
  })

  test("metrics need an admin", async () => {
    const get = async (token?: string) =>
      (
        await fetch(
          `${locked.url}/metrics`,
          token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
        )
      ).status
    expect([await get(), await get(key(["*"]).token), await get(key(["*"], "admin").token)]).toEqual([401, 403, 200])
  })
})

describe("host and origin", () => {
  /** fetch does not let the Host header be set. */
  function status(headers: Record<string, string>, path = "/mcp"): Promise<number | undefined> {
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    rawRequest(`${open.url}${path}`, { headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).end()
    return promise
  }

  test.each([
    ["another host", { host: "evil.example" }],
    ["a host that looks alike", { host: "localhost.evil.example" }],
    ["another origin", { origin: "https://evil.example" }],
    ["an origin without a name", { origin: "null" }],
  ])("%s is refused", async (_, headers) => {
    expect(await status(headers)).toBe(403)
  })

  test("another host reaches neither files nor pages nor health", async () => {
    for (const path of ["/files/x", "/view/x", "/health/live"])
      expect(await status({ host: "evil.example" }, path)).toBe(403)
  })

  test("allowed origins and those of this machine may read the answers", async () => {
    for (const origin of ["https://app.example.org", "http://localhost:6274"]) {
      const answer = await fetch(open.mcp, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "mcp-method" },
      })
      expect(answer.status).toBe(204)
      expect(answer.headers.get("access-control-allow-origin")).toBe(origin)
      expect(answer.headers.get("access-control-allow-headers")).toBe("mcp-method")
    }
  })

  test("files are served to any origin, since their links are signed", async () => {
    const answer = await fetch(`${open.url}/files/none/x.png`, { headers: { origin: "null" } })
    expect(answer.status).toBe(403)
    expect(answer.headers.get("access-control-allow-origin")).toBe("*")
  })
})

test("health, metrics and an address where nothing is", async () => {
  expect(await (await fetch(`${open.url}/health/live`)).json()).toEqual({ status: "ok" })
  expect(await (await fetch(`${open.url}/health/ready`)).json()).toEqual({
    status: "ok",
    version: VERSION,
    failing: [],
    checks: expect.any(Object),
  })
  const metrics = await (await fetch(`${open.url}/metrics`)).text()
  expect(metrics).toContain("process_cpu_seconds_total")
  expect(metrics).toContain("atelier_quota_violations 0")
  expect(metrics).toContain('atelier_quota_amount{tenant="local",unit="gpu_seconds",state="used"} 412')
  const page = await fetch(`${open.url}/nothing`, { headers: { accept: "text/html" } })
  expect([page.status, await page.text()]).toEqual([404, expect.stringContaining("There is nothing at this address")])
  expect(page.headers.get("x-content-type-options")).toBe("nosniff")
})

test("a database that fails makes the studio not ready, another service only degraded; named without details", async () => {
  const answers = []
  for (const name of ["database", "job queue"]) {
    const failing = await serveStudio({
      http: { ready: () => Promise.resolve([{ name, state: "failing", detail: "/secret/path" }]) },
    })
    const answer = await fetch(`${failing.url}/health/ready`)
    answers.push([answer.status, await answer.json()])
    await failing.close()
  }
  expect(answers).toEqual([
    [503, { status: "failing", version: VERSION, failing: ["database"], checks: { database: "failing" } }],
    [200, { status: "degraded", version: VERSION, failing: ["job queue"], checks: { "job queue": "failing" } }],
  ])
})

test("initialize and discover are answered though the tools never load", async () => {
  const never = new Promise<never>(() => {})
  const stuck = await serveStudio({ http: { registry: () => never, studioFor: () => never, prompts: () => never } })
  const discovered = await rpc(stuck.mcp, "server/discover")
  expect(discovered.result).toMatchObject({
    supportedVersions: ["2026-07-28"],
    instructions: expect.stringContaining("Atelier"),
  })
  const client = await connect("sdk 1.32", { url: stuck.mcp })
  expect(client.instructions).toContain("Atelier")
  await client.close()
  await stuck.close()
})

test("?tools= narrows the list to families, and what is not listed cannot be called; the job tools stay", async () => {
  const url = new URL("?tools=hand", open.mcp)
  const tools = (await rpc(url, "tools/list")).result["tools"] as { name: string }[]
  expect(tools.map((tool) => tool.name)).toEqual([
    "hand_make",
    "job_cancel",
    "job_list",
    "job_wait",
    "studio_find",
    "studio_help",
    "studio_status",
  ])
  expect((await rpc(url, "tools/call", { name: "toy_echo", arguments: { text: "a" } })).error?.code).toBe(-32_602)
  const client = await connect("sdk 1.32", { url })
  expect((await client.tools()).map((tool) => tool.name)).not.toContain("toy_echo")
  await client.close()
})

test("the port it took is in its address, and closing ends open streams", async () => {
  const short = await serveStudio()
  expect(short.url).toBe(`http://127.0.0.1:${short.port}`)
  await connect("sdk 1.32", { url: short.mcp })
  await short.close()
  await expect(fetch(short.url)).rejects.toThrow("fetch failed")
})
