import { expect, test } from "vitest"
import { guardProblem, isLoopback, needsKey } from "#src/platform/http/guard.ts"

const config = (host: string, publicUrl?: string) => ({ host, publicUrl, allowedOrigins: [] as string[] })
const ask = (host: string, origin?: string) =>
  new Request("http://127.0.0.1/mcp", { headers: { host, ...(origin !== undefined && { origin }) } })

test.each(["127.0.0.1", "127.8.9.1", "::1", "localhost"])(
  "%s is this machine: no key is needed unless asked for",
  (host) => {
    expect(isLoopback(host)).toBe(true)
    expect(needsKey({ host, auth: "auto" })).toBe(false)
    expect(needsKey({ host, auth: "on" })).toBe(true)
  },
)

test.each(["0.0.0.0", "::", "192.168.1.4", "studio.example.org", "127.0.0.1.evil.example"])(
  "%s can be reached from outside, so a key is needed",
  (host) => {
    expect(isLoopback(host)).toBe(false)
    expect(needsKey({ host, auth: "auto" })).toBe(true)
  },
)

test("the public name counts as well as this machine", () => {
  const published = config("127.0.0.1", "https://studio.example.org/atelier")
  expect(guardProblem(ask("studio.example.org"), published)).toBeUndefined()
  expect(guardProblem(ask("studio.example.org", "https://studio.example.org"), published)).toBeUndefined()
  expect(guardProblem(ask("localhost:7420", "http://localhost:6274"), published)).toBeUndefined()
  expect(guardProblem(ask("evil.example"), published)).toContain("host name")
  expect(guardProblem(ask("localhost", "https://evil.example"), published)).toContain("origin")
})

test("bound to every address without a public name, any host will do, but not any origin", () => {
  expect(guardProblem(ask("192.168.1.4:7420"), config("0.0.0.0"))).toBeUndefined()
  expect(guardProblem(ask("192.168.1.4:7420", "https://evil.example"), config("0.0.0.0"))).toContain("origin")
  expect(guardProblem(ask("192.168.1.4:7420"), config("0.0.0.0", "https://studio.example.org"))).toContain("host name")
})

test.each(["", "a b", "[", "http://"])("the host %j is refused", (host) => {
  const headers = { get: (name: string) => (name === "host" ? host : null) }
  expect(guardProblem({ headers } as unknown as Request, config("127.0.0.1"))).toContain("host name") // all that the guard reads
})
