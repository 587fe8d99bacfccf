import { spawn } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { ROOT } from "#tests/architecture/scan.ts"

/** A program of its own behind the real launcher: tells what it got, then does what its first argument says. */
const MAIN = `
export async function run(argv: string[]): Promise<void> {
  console.log(JSON.stringify({ argv, node: process.versions.node, pid: process.pid }))
  if (argv[0] === "exit") process.exitCode = Number(argv[1])
  if (argv[0] === "read") for await (const part of process.stdin) process.stdout.write(String(part).toUpperCase())
  if (argv[0] === "wait") {
    const stay = setInterval(() => {}, 1000)
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
      process.once(signal, () => {
        console.log("got " + signal)
        process.exitCode = 7
        clearInterval(stay)
      })
    console.log("ready")
  }
  if (argv[0] === "die") process.kill(process.pid, "SIGKILL")
}
`
/** Loaded before the launcher: makes it believe that it runs under an old Node. */
const OLD_NODE = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.11.0" } })'

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "atelier-launch-"))
  for (const checkout of ["installed", "bare"]) {
    mkdirSync(join(folder, checkout, "src"), { recursive: true })
    cpSync(`${ROOT}src/launch.js`, join(folder, checkout, "src/launch.js"))
    writeFileSync(join(folder, checkout, "src/main.ts"), MAIN)
    writeFileSync(join(folder, checkout, "package.json"), '{"type":"module"}')
  }
  symlinkSync(`${ROOT}node_modules`, join(folder, "installed/node_modules"), "dir")
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  out: string
  err: string
}

/** Starts the launcher, optionally as an old Node, and sends `signal` once it says "ready". */
function launch(
  args: string[],
  how: { old?: boolean; checkout?: string; signal?: NodeJS.Signals; input?: string } = {},
) {
  const preload = how.old ? ["--import", `data:text/javascript,${encodeURIComponent(OLD_NODE)}`] : []
  const file = join(folder, how.checkout ?? "installed", "src/launch.js")
  const child = spawn(process.execPath, [...preload, file, ...args], { timeout: 20_000, killSignal: "SIGKILL" })
  const ended: Ended = { code: null, signal: null, out: "", err: "" }
  child.stderr.on("data", (part: Buffer) => (ended.err += part.toString()))
  child.stdout.on("data", (part: Buffer) => {
    ended.out += part.toString()
    if (how.signal && ended.out.endsWith("ready\n")) child.kill(how.signal)
  })
  child.stdin.end(how.input ?? "")
  return new Promise<Ended & { pid: number | undefined }>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code, signal) => resolve({ ...ended, code, signal, pid: child.pid }))
  })
}

describe.each([{ old: false }, { old: true }])("the launcher, on an old Node: $old", ({ old }) => {
  test("hands the command line over to a Node that runs TypeScript", async () => {
    const { code, out, err, pid } = await launch(["ask", "a ring; $HOME", "--json", ""], { old })
    const told = JSON.parse(out) as { argv: string[]; node: string; pid: number } // printed by MAIN above
    expect(told.argv).toEqual(["ask", "a ring; $HOME", "--json", ""])
    expect(Number(told.node.split(".")[0])).toBeGreaterThanOrEqual(24)
    expect(told.pid === pid).toBe(!old)
    expect({ code, err }).toEqual({ code: 0, err: "" })
  })

  test("passes the exit code and the input on", async () => {
    expect((await launch(["exit", "3"], { old })).code).toBe(3)
    expect((await launch(["read"], { old, input: "tools/list" })).out).toContain("TOOLS/LIST")
  })

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("passes %s on and waits for the end", async (signal) => {
    const { code, out } = await launch(["wait"], { old, signal })
    expect(out).toContain(`got ${signal}`)
    expect(code).toBe(7)
  })
})

test("a program that was killed ends the launcher with 128 and the number of the signal", async () => {
  expect((await launch(["die"], { old: true })).code).toBe(137)
})

test("without the pinned Node it says what to do and ends with 1", async () => {
  const { code, out, err } = await launch(["start"], { old: true, checkout: "bare" })
  expect({ code, out }).toEqual({ code: 1, out: "" })
  expect(err).toMatch(/^atelier needs Node 24 or newer; this is v.* and the pinned copy is missing\.\nRun "npm ci"/)
})
