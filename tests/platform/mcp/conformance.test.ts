import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { serveStudio, type ServedStudio } from "#tests/servers/mcp-studio.ts"

const suite = (name: string) => fileURLToPath(new URL(`../../../node_modules/${name}/dist/index.js`, import.meta.url))
const v01 = suite("@modelcontextprotocol/conformance")
const v02 = suite("conf2")

let folder: string
let fixtures: ServedStudio
let shipped: ServedStudio
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-conformance-"))
  fixtures = await serveStudio({ conformance: true })
  shipped = await serveStudio()
})
afterAll(async () => {
  await fixtures.close()
  await shipped.close()
  await rm(folder, { recursive: true })
})

/** Runs one of the official suites against a served studio; its exit code and what it says at the end. */
function run(script: string, { mcp }: ServedStudio, ...args: string[]): Promise<{ code: number; summary: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: number; summary: string }>()
  const command = [script, "server", "--url", mcp.href, ...args]
  execFile(
    process.execPath,
    command,
    { cwd: folder, timeout: 120_000, maxBuffer: 32 * 1024 * 1024 },
    (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error ? 1 : 0
      resolve({ code, summary: `${stdout.slice(stdout.indexOf("=== SUMMARY"))}${stderr.slice(-2_000)}` })
    },
  )
  return promise
}

// Nothing is excused: there is no file of expected failures.
describe("with the fixtures mounted, every scenario of the official suites holds", () => {
  test("0.1.16, all", async () => {
    const { code, summary } = await run(v01, fixtures, "--suite", "all")
    expect(code, summary).toBe(0)
    expect(summary).toContain("Total: 44 passed, 0 failed")
  }, 120_000)

  test.each(["2025-11-25", "2026-07-28"])(
    "0.2 alpha, everything that %s requires, and what it runs unscored",
    async (revision) => {
      const { code, summary } = await run(v02, fixtures, "--requirements", revision)
      expect(code, summary).toBe(0)
      expect(summary).toMatch(/Total: \d+ passed, 0 failed/)
      expect(summary).toMatch(/\d+ scenario\(s\) run, 0 failing/)
    },
    120_000,
  )
})

describe("the studio as it is shipped holds without fixtures", () => {
  const scenarios = {
    "2025-11-25": [
      "server-initialize",
      "ping",
      "tools-list",
      "resources-list",
      "prompts-list",
      "dns-rebinding-protection",
      "server-session-lifecycle",
    ],
    "2026-07-28": [
      "tools-list",
      "resources-list",
      "prompts-list",
      "caching",
      "http-header-validation",
      "sep-2164-resource-not-found",
      "dns-rebinding-protection",
    ],
  }
  test.each(Object.entries(scenarios))(
    "%s",
    async (revision, names) => {
      const runs = names.map((name) => run(v02, shipped, "--spec-version", revision, "--scenario", name))
      for (const { code, summary } of await Promise.all(runs)) expect(code, summary).toBe(0)
    },
    120_000,
  )

  test("and shows none of the fixtures", async () => {
    const body = { jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta: MODERN } }
    const answer = await fetch(shipped.mcp, { method: "POST", headers: HEADERS, body: JSON.stringify(body) })
    expect(await answer.text()).not.toContain("test_")
  })
})

const MODERN = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
}
const HEADERS = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": "2026-07-28",
  "mcp-method": "tools/list",
}
