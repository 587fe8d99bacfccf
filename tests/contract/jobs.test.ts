import { existsSync } from "node:fs"
import { pathToFileURL } from "node:url"
import { describe, expect, test } from "vitest"
import type { JobContract, JobHandler } from "#src/job.ts"
import { listFiles, ROOT } from "#tests/architecture/scan.ts"

const contracts = listFiles(["src"]).filter((path) => path.endsWith(".job.ts"))
const handlers = listFiles(["workers"]).filter((path) => /^workers\/[^/.]+\.[^/]+\.ts$/.test(path))

/** The one export a file of this folder is found by; the assertions below check what it really is. */
async function load<T>(path: string): Promise<T> {
  return (await import(pathToFileURL(`${ROOT}${path}`).href)) as T
}

describe.each(contracts)("the job contract %s", (path) => {
  test("is named after its family and file, and a handler of that name runs it", async () => {
    const { job } = await load<{ job: JobContract }>(path)
    const [, family, file] = path.split("/")
    expect(job.type).toBe(`${family}.${file?.replace(".job.ts", "")}`)
    expect(existsSync(`${ROOT}workers/${job.type}.ts`), `workers/${job.type}.ts is missing`).toBe(true)
  })

  test("says where it runs, for how long at most, and how often it is tried", async () => {
    const { job } = await load<{ job: JobContract }>(path)
    expect(job.lane).toMatch(/^[a-z][a-z0-9-]*$/)
    expect(job.timeLimitS).toBeGreaterThan(0)
    expect(job.timeLimitS).toBeLessThanOrEqual(24 * 3600)
    expect(job.attempts).toBeGreaterThanOrEqual(1)
    expect(job.attempts).toBeLessThanOrEqual(10)
  })
})

test.each(handlers)("the handler %s runs the contract of its name", async (path) => {
  const type = path.replace("workers/", "").replace(/\.ts$/, "")
  const contract = `src/${type.replace(".", "/")}.job.ts`
  expect(contracts, `${contract} is missing`).toContain(contract)
  const { handler } = await load<{ handler: JobHandler }>(path)
  const { job } = await load<{ job: JobContract }>(contract)
  expect(handler.contract).toBe(job)
  expect(typeof handler.run).toBe("function")
})
