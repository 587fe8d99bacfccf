import { afterEach, beforeEach, expect, test } from "vitest"
import { UserError } from "#src/errors.ts"
import { createAudit, type Audit } from "#src/platform/accounts/audit.ts"
import { createLog } from "#src/platform/log.ts"
import { createServerAdmin, type ServerAdmin } from "#src/platform/servers/admin.ts"
import { createProber } from "#src/platform/servers/prober.ts"
import { createServers } from "#src/platform/servers/servers.ts"
import { openDb, type Db } from "#src/platform/store/db.ts"
import { startToy, toyBackend, type Toy } from "#tests/platform/servers/toy.ts"
import { testClock, type TestClock } from "#tests/studio.ts"

const root = { id: "root", surface: "cli" } as const
const signal = new AbortController().signal
let db: Db
let clock: TestClock
let audit: Audit
let servers: ServerAdmin
let toy: Toy

beforeEach(async () => {
  db = openDb(":memory:")
  clock = testClock()
  audit = createAudit(db, clock)
  toy = await startToy({ version: "1.0", vramMb: 24_576, freeVramMb: 20_000, inventory: ["checkpoints/a", "node:K"] })
  const kinds = {
    names: () => ["toy"],
    load: (kind: string) =>
      kind === "toy" ? Promise.resolve(toyBackend) : Promise.reject(new UserError("no such kind", "toy", "not_found")),
  }
  const prober = createProber({ db, clock, log: createLog("silent"), kinds })
  servers = createServerAdmin({ db, clock, audit, kinds, prober, servers: createServers({ db, clock }) })
})
afterEach(async () => {
  await toy.close()
  db.close()
})

const add = (more: Partial<Parameters<ServerAdmin["add"]>[1]> = {}) =>
  servers.add(root, { name: "gpu1", kind: "toy", url: toy.url, ...more }, signal)

test("a server that is added is asked at once what it is and what it has", async () => {
  expect(await add()).toMatchObject({
    name: "gpu1",
    state: "ready",
    detail: "plays",
    slots: 2,
    version: "1.0",
    vramMb: 24_576,
    freeVramMb: 20_000,
  })
  const id = servers.list()[0]?.id ?? ""
  expect(servers.inventory(id)).toEqual(["checkpoints/a", "node:K"])
})

test("a server that does not answer is kept, told to be down, and found again when it is there", async () => {
  const { url } = toy
  await toy.close()
  expect(await add({ url })).toMatchObject({ state: "down" })
  toy = await startToy()
  await servers.change(root, "gpu1", { url: toy.url }, signal)
  expect(servers.list()[0]?.state).toBe("ready")
})

test.each([
  ["a name with spaces", { name: "GPU 1" }, /cannot name a server/],
  ["an address with a password", { url: "http://me:secret@host" }, /not an address/],
  ["a file as address", { url: "file:///etc/passwd" }, /not an address/],
  ["no slots", { slots: 0 }, /0 slots/],
  ["a key instead of the name of its variable", { keyEnv: "sk-12345" }, /cannot name the variable/],
  ["a variable of the studio itself", { keyEnv: "ATELIER_API_KEY" }, /cannot name the variable/],
  ["settings that its kind does not know", { settings: { colour: "green" } }, /do not fit a server of kind toy/],
  ["a kind that there is not", { kind: "oven" }, /no such kind/],
])("%s is refused and nothing is stored", async (_what, wrong, message) => {
  await expect(add(wrong)).rejects.toThrow(message)
  expect(servers.list()).toEqual([])
  expect(audit.find()).toEqual([])
})

test("two servers cannot have one name", async () => {
  await add()
  await expect(add()).rejects.toMatchObject({ code: "conflict" })
})

test("work is matched with what servers have, and the reason names what is missing", async () => {
  await add()
  const id = servers.list()[0]?.id
  const needs = (requires: string[], vramMb = 1_000) => ({ kinds: ["toy"], signature: "s", requires, vramMb })
  expect(servers.match(needs(["checkpoints/a"]))).toEqual({ ok: true, servers: [id] })
  expect(servers.match(needs(["loras/gold", "node:X"]))).toMatchObject({
    ok: false,
    problem: "No server has all that this needs. gpu1 comes closest; it lacks models/loras/gold, the node X.",
  })
  expect(servers.match(needs([], 40_960))).toMatchObject({
    problem: "This needs about 40 GB of GPU memory; the largest server that could do it has 24 GB.",
  })
  expect(servers.match({ ...needs([]), kinds: ["meshy"] })).toMatchObject({
    problem: "No server that can do this is connected (meshy).",
  })
})

test("a restarted server has forgotten its models; so does one that was told to free its memory", async () => {
  toy.says = { instanceId: "one" }
  await add()
  const warm = () => servers.list()[0]?.warm
  const load = () => db.run(`UPDATE server SET warm = '[{"signature":"flux","vramMb":0}]'`)
  load()
  await servers.probe("gpu1", signal)
  expect(warm()).toEqual(["flux"])
  toy.says = { instanceId: "two" }
  await servers.probe("gpu1", signal)
  expect(warm()).toEqual([])
  load()
  await servers.free(root, "gpu1", signal)
  expect(warm()).toEqual([])
  expect(toy.freed).toBe(1)
})

test("a server with a run on it is removed by force only", async () => {
  await add()
  db.run(
    `INSERT INTO job (id, account_id, tenant_id, type, title, lane, urgency, payload, state, max_attempts, time_limit_s, tag, est_seconds, created_at, server_id)
     SELECT 'job_1', 'ada', 'local', 'x', 'x', 'gpu', 1, '{}', 'running', 1, 1, 0, 1, 0, id FROM server`,
  )
  expect(servers.list()[0]).toMatchObject({ running: 1, state: "ready" })
  expect(() => servers.remove(root, "gpu1", { force: false })).toThrow(/1 job runs on gpu1/)
  servers.remove(root, "gpu1", { force: true })
  expect(servers.list()).toEqual([])
})

test("every change is in the audit with who made it, and no key is ever stored", async () => {
  await add({ keyEnv: "TOY_KEY" })
  servers.drain(root, "gpu1", true)
  expect(servers.list()[0]?.state).toBe("draining")
  servers.drain(root, "gpu1", false)
  await servers.change(root, "gpu1", { slots: 4, keyEnv: null }, signal)
  servers.remove(root, "gpu1", { force: false })
  expect(audit.find().map((line) => [line.action, line.target, line.actor])).toEqual(
    ["remove", "change", "resume", "drain", "add"].map((what) => [`server.${what}`, "server:gpu1", "root"]),
  )
})

test("unknown servers are told with those that there are", async () => {
  await add()
  expect(() => servers.drain(root, "gpu2", true)).toThrow('There is no server "gpu2". There are gpu1.')
})
