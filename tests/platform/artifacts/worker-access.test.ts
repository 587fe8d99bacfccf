import { createHash, randomBytes } from "node:crypto"
import { existsSync } from "node:fs"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Readable } from "node:stream"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { z } from "zod"
import { BackendError, UserError } from "#src/errors.ts"
import { createArtifacts } from "#src/platform/artifacts/artifacts.ts"
import type { ArtifactStore } from "#src/platform/artifacts/artifacts.ts"
import { loadSecret } from "#src/platform/artifacts/links.ts"
import { noFiles, remoteFiles } from "#src/platform/artifacts/remote.ts"
import { serveWorker } from "#src/platform/artifacts/worker-access.ts"
import { workAddress, workLink } from "#src/platform/artifacts/worker-link.ts"
import type { WorkTicket } from "#src/platform/artifacts/worker-link.ts"
import { serveStudio } from "#tests/servers/mcp-studio.ts"
import type { ServedStudio } from "#tests/servers/mcp-studio.ts"

const MB = 1024 * 1024
const nothing = z.object({})
const ROOM = 8 * MB
const ticket: WorkTicket = { jobId: "job_abc", attempt: 2, token: 987_654_321 }

let served: ServedStudio
let store: ArtifactStore
let secret: Uint8Array
/** The attempts that are open, as the job rows would know them. */
const open = new Map<string, WorkTicket & { accountId: string }>()
/** Requests that are answered with 502 before the studio is asked, as a proxy does whose studio starts anew. */
let away = 0

beforeAll(async () => {
  served = await serveStudio({
    env: { ATELIER_MAX_FILE_MB: "4" },
    http: {
      work: async (request) => {
        if (away-- > 0) return new Response("starting", { status: 502 })
        return serveWorker(request, { secret, clock: served.studio.clock, artifacts: store, openAttempt })
      },
    },
  })
  const { db, config, clock, services } = served.studio
  db.run("INSERT INTO account (id, name, created_at) VALUES ('ada', 'ada', 0), ('bob', 'bob', 0)")
  secret = loadSecret(config.dataDir)
  const requireRoom = (accountId: string, bytes: number) => {
    if (store.storageBytes(accountId) + bytes > ROOM)
      throw new UserError("There is no room for it.", "Delete something.", "quota")
  }
  store = createArtifacts({ db, config, clock, log: services.log, baseUrl: () => served.url, requireRoom })
  open.set(ticket.jobId, { ...ticket, accountId: "ada" })
})
afterAll(() => served.close())

function openAttempt({ jobId, attempt, token }: WorkTicket): string | undefined {
  const known = open.get(jobId)
  return known?.attempt === attempt && known.token === token ? known.accountId : undefined
}

const signal = new AbortController().signal
const linkOf = (of: WorkTicket, nowMs = served.studio.clock.now(), key = secret) =>
  workLink(key, served.url, of, { nowMs, timeLimitS: 60 })
const filesAt = (access: string) => remoteFiles({ access, signal, maxFileBytes: 64 * MB })
const refusalOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "accepted",
    (error: unknown) => error,
  )

describe("a worker without the data directory", () => {
  test("reads files of the job's account, whole, and removes its copy when the attempt ends", async () => {
    const bytes = randomBytes(3 * MB)
    const { id } = await store.writerFor("ada").put(bytes, { name: "scan.bin", use: "file" })
    const files = filesAt(linkOf(ticket))
    const path = await files.path(id)
    expect((await readFile(path)).equals(bytes)).toBe(true)
    expect(await files.path(id)).toBe(path)
    await files.close()
    expect(existsSync(path)).toBe(false)
  })

  test("stores bytes, streams and files of its disk as the store itself would, the same content once", async () => {
    const files = filesAt(linkOf(ticket))
    const input = { name: "../ring?.json", use: "file", facts: { Mass: "3.2 g", Größe: "7" }, group: "g1" } as const
    const bytes = Buffer.from('{"ring":true}')
    const made = await files.put(bytes, input)
    expect(made).toMatchObject({ accountId: "ada", name: "ring.json", mediaType: "application/json", group: "g1" })
    expect(made.facts).toEqual(input.facts)
    expect(await readFile(store.path(made.id), "utf8")).toBe('{"ring":true}')
    const path = join(served.studio.config.dataDir, "copy.json")
    await writeFile(path, bytes)
    expect((await files.put({ path }, input)).id).toBe(made.id)
    expect((await files.put(Readable.from([bytes.subarray(0, 4), bytes.subarray(4)]), input)).id).toBe(made.id)
    expect((await files.put(new Uint8Array(), { name: "nothing", use: "file" })).bytes).toBe(0)
    await files.close()
  })

  test("is told before it sends what is too large, or more than the account may keep", async () => {
    const files = filesAt(linkOf(ticket))
    const input = { name: "big.bin", use: "file" } as const
    expect(await refusalOf(files.put(randomBytes(4 * MB + 1), input))).toMatchObject({ code: "too_large" })
    const full = await refusalOf(
      (async () => {
        for (let n = 0; n < 3; n++) await files.put(randomBytes(3 * MB), { ...input, name: `${n}.bin` })
      })(),
    )
    expect(full).toBeInstanceOf(UserError)
    expect(full).toMatchObject({ code: "quota", problem: "There is no room for it.", hint: "Delete something." })
  })

  test("cannot read files of other accounts, or files that are none", async () => {
    const { id } = await store.writerFor("bob").put(Buffer.from("bob's"), { name: "b.txt", use: "file" })
    for (const wanted of [id, "art_none"])
      expect(await refusalOf(filesAt(linkOf(ticket)).path(wanted))).toMatchObject({ code: "not_found" })
    expect(await refusalOf(filesAt(linkOf(ticket)).path("../../secret"))).toBeInstanceOf(BackendError)
  })

  test("is refused with an expired, changed or foreign link, and when its attempt is over", async () => {
    const input = { name: "late.txt", use: "file" } as const
    const put = (access: string) => refusalOf(filesAt(access).put(Buffer.from("late"), input))
    const longAgo = served.studio.clock.now() - 48 * 3_600_000
    const other = { ...ticket, jobId: "job_other" }
    const answers = {
      expired: await put(linkOf(ticket, longAgo)),
      changed: await put(linkOf(ticket).replace("/2?", "/3?")),
      "another token": await put(linkOf(ticket).replace(String(ticket.token), "1")),
      "another studio": await put(linkOf(ticket, undefined, randomBytes(32))),
      "the attempt before": await put(linkOf({ ...ticket, attempt: 1 })),
      "a job that has ended": await put(linkOf(other)),
    }
    const words = Object.entries(answers).map(([what, answer]) => [
      what,
      answer instanceof BackendError ? `${answer.problem} (${answer.retry})` : answer,
    ])
    expect(Object.fromEntries(words)).toMatchInlineSnapshot(`
      {
        "a job that has ended": "This attempt is over: the job has ended, or another worker has it. (fatal)",
        "another studio": "The link of this attempt is incomplete or was changed, or another studio made it. (fatal)",
        "another token": "The link of this attempt is incomplete or was changed, or another studio made it. (fatal)",
        "changed": "The link of this attempt is incomplete or was changed, or another studio made it. (fatal)",
        "expired": "The link of this attempt has expired. (transient)",
        "the attempt before": "This attempt is over: the job has ended, or another worker has it. (fatal)",
      }
    `)
    expect(served.studio.db.all(nothing, "SELECT 1 FROM artifact WHERE name = 'late.txt'")).toEqual([])
  })

  test("goes on where the studio was away for a moment, and gives up with a reason when it stays away", async () => {
    away = 2
    const files = filesAt(linkOf(ticket))
    expect(await files.put(Buffer.from("patience"), { name: "p.txt", use: "file" })).toMatchObject({ bytes: 8 })
    const ended = AbortSignal.timeout(100)
    const nobody = remoteFiles({
      access: "http://127.0.0.1:9/work/job_abc/2?t=1&e=1&s=x",
      signal: ended,
      maxFileBytes: MB,
    })
    expect(await refusalOf(nobody.path("art_x"))).toBe(ended.reason)
    expect(await refusalOf(noFiles().path("art_x"))).toMatchObject({ retry: "fatal" })
  })

  test("stores nothing of a file that did not arrive whole, or that was not described", async () => {
    const address = workAddress(linkOf(ticket), "artifacts")
    const said = {
      name: "half.txt",
      use: "file",
      bytes: 10,
      sha256: createHash("sha256").update("0123456789").digest("hex"),
    }
    const half = await fetch(address, { method: "PUT", body: `${JSON.stringify(said)}\n01234` })
    expect([half.status, await half.json()]).toMatchObject([503, { retry: "transient" }])
    for (const body of [
      "",
      "no json\nx",
      `${JSON.stringify({ ...said, use: "key" })}\n0123456789`,
      "x".repeat(200_000),
    ]) {
      const answer = await fetch(address, { method: "PUT", body })
      expect([answer.status, await answer.json()]).toMatchObject([400, { code: "bad_input" }])
    }
    expect((await fetch(address)).status).toBe(405)
    expect(served.studio.db.all(nothing, "SELECT 1 FROM artifact WHERE name = 'half.txt'")).toEqual([])
  })
})
