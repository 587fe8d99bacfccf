import { PassThrough, Readable } from "node:stream"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Host, Io, OpenHost } from "#bots/terminal/host.ts"
import { withStudio } from "#bots/terminal/session.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let house: TestStudio
let registry: Registry
beforeAll(async () => {
  house = await testStudio()
  registry = await loadRegistry(["design"])
})
afterAll(() => house.close())

/** A terminal whose person interrupts by `signal`, on a studio of real parts. */
function terminal(signal: AbortSignal): { host: Host; io: Io } {
  const open: Partial<OpenHost> = {
    services: house.services,
    registry,
    studioFor: (call) => ({ ...house.call({}, call), progress: call.progress }),
    close: async () => {},
  }
  return {
    host: { open: async () => open } as unknown as Host, // only what withStudio uses
    io: {
      stdin: Readable.from([]),
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      env: {},
      isTTY: { stdin: false, stdout: false, stderr: false },
      columns: 80,
      signal,
    },
  }
}

const owner = () => house.call().caller.accountId
const states = () => house.services.jobs.list(owner()).map((it) => it.state)
const heldJobs = () => house.services.quota.show(owner()).reduce((sum, line) => sum + line.held, 0)

test("an interrupted command stops the work it began, and nothing stays held for it", async () => {
  const interrupt = new AbortController()
  const { host, io } = terminal(interrupt.signal)
  const work = withStudio(host, io, (open, studio) => {
    setTimeout(() => interrupt.abort(), 50)
    return open.registry.callTool("design_create", { picture: "high" }, studio)
  })
  await expect(work).rejects.toThrow("aborted")
  expect(states()).toEqual(["cancelled"])
  expect(heldJobs()).toBe(0)
})

test("work that others began is left alone", async () => {
  const before = house.services.jobs.list(owner()).length
  const { host, io } = terminal(AbortSignal.abort())
  await withStudio(host, io, async () => undefined)
  expect(house.services.jobs.list(owner())).toHaveLength(before)
})
