import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { Readable } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"
import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { createAccounts } from "#src/platform/accounts/accounts.ts"
import { createArtifacts } from "#src/platform/artifacts/artifacts.ts"
import { createLog } from "#src/platform/log.ts"
import { openDataDir } from "#src/platform/store/data-dir.ts"
import { filesBelow } from "#tests/platform/artifacts/files.ts"

/**
 * Stores files into the data directory of the first argument, a piece at a time, printing the id of each that is stored: for ever
 * (to be killed), or with "until-full" until the disk is full, then a report as JSON.
 */
const [dataDir = "", mode] = process.argv.slice(2)
const clock = { now: () => Date.now() }
const db = openDataDir(dataDir)
createAccounts(db, clock).local()
const config = { dataDir, maxFileBytes: 1e9, linkHours: 1 }
const artifacts = createArtifacts({ db, config, clock, baseUrl: () => "", log: createLog("silent") })
const writer = artifacts.writerFor("local")

async function* pieces(count: number, pauseMs: number): AsyncGenerator<Buffer> {
  for (let piece = 0; piece < count; piece++) {
    yield randomBytes(200_000)
    if (pauseMs) await sleep(pauseMs)
  }
}

const store = (count: number, pauseMs = 0) =>
  writer.put(Readable.from(pieces(count, pauseMs)), { name: "noise.bin", use: "file" })

async function untilFull(): Promise<void> {
  const ids: string[] = []
  let code = ""
  while (!code)
    try {
      ids.push((await store(5)).id)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      code = error.code
    }
  const rows = db.get(z.object({ n: z.number() }), "SELECT count(*) AS n FROM artifact")?.n
  const files = (await filesBelow(join(dataDir, "blobs"))).length
  db.run("DELETE FROM artifact")
  await artifacts.collectGarbage({ keepDays: 1 })
  await store(5)
  process.stdout.write(`${JSON.stringify({ code, stored: ids.length, rows, files, again: "ok" })}\n`)
}

if (mode === "until-full") await untilFull()
else
  for (;;) {
    const [first] = await Promise.all([store(4, 1), store(8, 1)])
    process.stdout.write(`${first.id}\n`)
  }
