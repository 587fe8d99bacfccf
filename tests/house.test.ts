import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, expect, test } from "vitest"
import { connect, type TestClient } from "#tests/platform/mcp/clients.ts"

const LAUNCH = fileURLToPath(new URL("../src/launch.js", import.meta.url))
const RING = { metal: "platinum_950", size: "N", stone: "sapphire", stone_diameter_mm: 5, picture: "draft" }

const children: ChildProcess[] = []
let folder: string
let env: NodeJS.ProcessEnv
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-house-"))
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith("ATELIER_"))
  env = { ...Object.fromEntries(own), ATELIER_DATA: join(folder, "data"), ATELIER_LOG: "error", ATELIER_PORT: "0" }
})
afterAll(async () => {
  // A test that failed half-way leaves its studio running.
  for (const child of children) child.kill("SIGKILL")
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
})

/** The real program in a process of its own, in a folder without settings. */
function atelier(...argv: string[]): ChildProcess {
  const child = spawn(process.execPath, [LAUNCH, ...argv], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] })
  children.push(child)
  return child
}

async function finished(child: ChildProcess): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""]
  child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()))
  child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()))
  const [code] = (await once(child, "close")) as [number] // the first argument of "close" is the exit code
  return { code, out, err }
}

async function started(): Promise<{ child: ChildProcess; client: TestClient }> {
  const child = atelier("start")
  if (!child.stdout) throw new Error("no stdout")
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /^Atelier is open at (\S+)/.exec(line) ?? []
    if (url !== undefined) return { child, client: await connect("client 2.4 pinned", { url: new URL(`${url}/mcp`) }) }
  }
  throw new Error("the studio ended before it was open")
}

/** All jobs, once none is open any more: the first ring of a fresh studio is one of them. */
async function settled(client: TestClient): Promise<{ state: string }[]> {
  for (;;) {
    const { structuredContent } = await client.call("job_list", {})
    const { jobs } = structuredContent as { jobs: { state: string }[] } // its output schema
    if (!jobs.some((job) => job.state === "waiting" || job.state === "running")) return jobs
    await setTimeout(50)
  }
}

test("a job that was accepted survives kill -9 of the studio: it ends once, is charged once, and nothing stays held", async () => {
  const idempotent = { meta: { "atelier/idempotencyKey": "ring-1" } }
  const first = await started()
  const accepted = await first.client.call("design_create", { ...RING, wait_s: 0 }, idempotent)
  const { job } = accepted.structuredContent as { job: { id: string } } // every answer of a metered tool names its job
  first.child.kill("SIGKILL")
  await once(first.child, "close")

  const second = await started()
  const again = await second.client.call("design_create", { ...RING, wait_s: 0 }, idempotent)
  expect(again.structuredContent).toMatchObject({ job: { id: job.id } })
  const ended = await second.client.call("job_wait", { job_id: job.id, wait_s: 25 })
  expect(ended.structuredContent).toMatchObject({ job: { id: job.id, state: "done" } })
  expect(JSON.stringify(ended.content)).toContain("/view/art_")
  const jobs = await settled(second.client)
  expect(jobs.every((job) => job.state === "done")).toBe(true)
  const status = await second.client.call("studio_status", {})
  const { quota } = status.structuredContent as { quota: { unit: string; used: number; held: number }[] } // its output schema
  expect(quota.find((line) => line.unit === "jobs")).toMatchObject({ held: 0, used: jobs.length })
  await second.client.close()
  second.child.kill("SIGTERM")
  expect((await finished(second.child)).code).toBe(0)
})

test("one sentence at the command line ends with picture, GLB, STL and report on disk", async () => {
  const out = join(folder, "out")
  const sentence = "a 14k rose gold solitaire, US size 7, with a 1 carat round diamond, and the STL please"
  const ask = await finished(atelier("ask", sentence, "--out", out))
  expect(ask).toMatchObject({ code: 0 })
  for (const name of ["png", "glb", "stl"])
    expect(ask.out).toContain(join(out, `14k-rose-gold-solitaire-us-7-1.00-ct-round-diamond.${name}`))
  expect(ask.out).toContain("17.32 mm across")

  const unsure = await finished(atelier("ask", "a platinum ring size 7"))
  expect(unsure.code).toBe(1)
  expect(unsure.out).toMatch(/size/i)
})

test("a setting that makes no sense is named before anything is opened", async () => {
  await writeFile(join(folder, ".env"), "ATELIER_QUOTA_JOBS_PER_DAY=many\n")
  const refused = await finished(atelier("doctor"))
  await rm(join(folder, ".env"))
  expect(refused).toMatchObject({ code: 1, out: "" })
  expect(refused.err).toContain("ATELIER_QUOTA_JOBS_PER_DAY")
  expect(refused.err).not.toMatch(/\bat .*\.ts:\d+/)
})
