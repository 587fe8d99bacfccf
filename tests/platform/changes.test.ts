import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, beforeEach, expect, test } from "vitest"
import { createChanges, type Change, type ChangeFeed } from "#src/platform/changes.ts"
import { databasePath } from "#src/platform/store/data-dir.ts"
import { openDb, type Db } from "#src/platform/store/db.ts"
import { createItems } from "#src/platform/store/items.ts"
import type { Items } from "#src/studio.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"

let studio: TestStudio
let feed: ChangeFeed
/** A second connection, as another process has one. */
let elsewhere: Db
let items: Items
beforeEach(async () => {
  studio = await testStudio({ file: true })
  const { items: own, jobs, log } = studio.services
  feed = createChanges({ db: studio.db, items: own, jobs, log, everyMs: 5 })
  elsewhere = openDb(databasePath(studio.config.dataDir))
  items = createItems(elsewhere, studio.clock)
})
afterEach(async () => {
  feed.close()
  elsewhere.close()
  await studio.close()
})

const make = (name: string, by = items) =>
  by.create({
    accountId: "local",
    projectId: by.currentProject("local").id,
    kind: "design",
    name,
    data: { name },
    note: "created",
  }).item
const listen = () => {
  const heard: Change[] = []
  const stop = feed.listen("local", (change) => heard.push(change))
  const told = () =>
    heard.map((it) =>
      it.kind === "item"
        ? `${it.item.name} ${it.change} ${it.item.head}`
        : it.kind === "job"
          ? `job ${it.job.state}`
          : "removed",
    )
  return { told, stop, heard }
}
const until = async (page: { told(): string[] }, count: number) => {
  await expect.poll(() => page.told().length).toBe(count)
}

test("what another connection does is told: made, revised, undone, redone, removed", async () => {
  const old = make("Old")
  const page = listen()
  const item = make("Ring")
  await until(page, 1)
  items.revise("local", item.id, { expectedHead: 1, data: { a: 2 }, note: "set a" })
  await until(page, 2)
  items.undo("local", item.id)
  await until(page, 3)
  items.redo("local", item.id)
  await until(page, 4)
  items.revise("local", old.id, { expectedHead: 1, data: { a: 3 }, note: "set a" })
  await until(page, 5)
  elsewhere.run("DELETE FROM item WHERE id = :id", { id: item.id })
  await until(page, 6)
  make("Next")
  await until(page, 7)
  expect(page.told()).toEqual([
    "Ring created 1",
    "Ring revised 2",
    "Ring moved 1",
    "Ring moved 2",
    "Old revised 2",
    "removed",
    "Next created 1",
  ])
})

test("changes through the own connection are told too, at once when nudged", async () => {
  const page = listen()
  make("Ring", studio.services.items)
  feed.nudge()
  await until(page, 1)
  make("Unnudged", studio.services.items)
  await until(page, 2)
  expect(page.told()).toEqual(["Ring created 1", "Unnudged created 1"])
})

test("forty edits in a row are told as where they led to", async () => {
  const page = listen()
  const item = make("Ring")
  for (let head = 1; head < 40; head++)
    items.revise("local", item.id, { expectedHead: head, data: { head }, note: `edit ${head}` })
  await expect.poll(() => page.told().at(-1)).toMatch(/ 40$/)
  expect(page.heard.at(-1)).toMatchObject({ revision: { number: 40, note: "edit 39" } })
})

test("only what happens after listening began is told, to everybody who still listens", async () => {
  make("Before")
  const [one, two] = [listen(), listen()]
  one.stop()
  make("After")
  await until(two, 1)
  expect([one.told(), two.told()]).toEqual([[], ["After created 1"]])
})

test("other accounts' things are not told", async () => {
  const { id } = studio.accounts.forIdentity({ platform: "test", tenant: "t", externalId: "x" }, "Other")
  const page = listen()
  const projectId = items.currentProject(id).id
  items.create({ accountId: id, projectId, kind: "design", name: "theirs", data: {}, note: "" })
  make("Mine")
  await until(page, 1)
  await sleep(50)
  expect(page.told()).toEqual(["Mine created 1"])
})

test("a job is told from its acceptance to its end, also when it was over at once", async () => {
  const page = listen()
  const jobs = (state: string) => {
    elsewhere.run(
      `INSERT INTO job (id, account_id, tenant_id, type, title, lane, urgency, payload, state, max_attempts, time_limit_s,
         tag, est_seconds, created_at)
       VALUES (:id, 'local', 'local', 'none', 'A job', 'nowhere', 1, '{}', :state, 1, 60, 0, 5, 0)`,
      { id: `job_${state}`, state },
    )
  }
  jobs("waiting")
  await until(page, 1)
  elsewhere.run("UPDATE job SET state = 'cancelled', ended_at = 1 WHERE id = 'job_waiting'")
  await until(page, 2)
  jobs("done")
  await until(page, 3)
  expect(page.told()).toEqual(["job waiting", "job cancelled", "job done"])
})
