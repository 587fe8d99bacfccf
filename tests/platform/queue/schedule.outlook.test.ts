import { describe, expect, it } from "vitest"
import type { GpuServer } from "#src/platform/queue/schedule.fit.ts"
import { outlook } from "#src/platform/queue/schedule.outlook.ts"
import { choose } from "#src/platform/queue/schedule.ts"
import type { WaitingJob } from "#src/platform/queue/schedule.ts"
import { seeded } from "#tests/seeded.ts"

const job = (id: string, changes: Partial<WaitingJob> = {}): WaitingJob => ({
  id,
  accountId: "ada",
  urgency: 1,
  tag: 0,
  seq: 0,
  signature: "photo",
  seconds: 30,
  needs: { kinds: ["comfyui"], requires: [] },
  avoid: {},
  ...changes,
})
const server = (id: string, changes: Partial<GpuServer> = {}): GpuServer => ({
  id,
  kind: "comfyui",
  slots: 1,
  inFlight: 0,
  has: () => true,
  warm: ["photo"],
  open: true,
  ...changes,
})

describe("what a waiting job is told", () => {
  it("has its position, when it starts and when it will be done, after what runs now", () => {
    const waiting = [1, 2, 3].map((seq) => job(`job ${seq}`, { seq }))
    const running = [
      { accountId: "bob", serverId: "a", secondsLeft: 10 },
      { accountId: "bob", serverId: "b", secondsLeft: -5 },
    ]
    expect(Object.fromEntries(outlook(waiting, [server("a"), server("b")], running))).toEqual({
      "job 1": { position: 1, startsInS: 0, endsInS: 30 },
      "job 2": { position: 2, startsInS: 10, endsInS: 40 },
      "job 3": { position: 3, startsInS: 30, endsInS: 60 },
    })
  })

  it("counts loading where the models are not in memory", () => {
    const film = job("film", { signature: "film" })
    const loadS = (signature: string) => (signature === "film" ? 20 : 99)
    expect(outlook([film], [server("a")], [], { loadS }).get("film")?.endsInS).toBe(50)
    expect(outlook([film], [server("a", { warm: ["film"] })], [], { loadS }).get("film")?.endsInS).toBe(30)
  })

  it("puts rush before what was there earlier, and other accounts between the jobs of a batch", () => {
    const batch = [0, 1, 2, 3].map((n) => job(`batch ${n}`, { tag: n * 30, seq: n }))
    const bob = job("bob", { accountId: "bob", tag: 30, seq: 9 })
    const rush = job("rush", { accountId: "bob", urgency: 0, seq: 10 })
    const told = outlook([...batch, bob, rush], [server("a")], [], { deltaS: 0 })
    const order = [...told].sort(([, a], [, b]) => a.position - b.position).map(([id]) => id)
    expect(order).toEqual(["rush", "batch 0", "batch 1", "bob", "batch 2", "batch 3"])
  })

  it("says nothing of a job that no open server can run", () => {
    const told = outlook(
      [job("one"), job("other", { needs: { kinds: ["hunyuan3d"], requires: [] } })],
      [server("a"), server("b", { kind: "hunyuan3d", open: false })],
      [],
    )
    expect([...told.keys()]).toEqual(["one"])
  })

  it("is what the choice then does, when the estimates are right and nobody else comes", () => {
    const random = seeded(11)
    const names = ["photo", "film", "solid"]
    const waiting = Array.from({ length: 60 }, (_, seq) =>
      job(`job ${seq}`, {
        seq,
        accountId: `account ${Math.floor(random() * 4)}`,
        urgency: random() < 0.1 ? 0 : 1,
        tag: Math.floor(random() * 900),
        signature: names[Math.floor(random() * 3)] ?? "",
        seconds: 1 + Math.floor(random() * 80),
      }),
    )
    const told = outlook(waiting, [server("a"), server("b"), server("c", { warm: [] })], [])
    for (const start of playOut(waiting, { a: ["photo"], b: ["photo"], c: [] }))
      expect(told.get(start.id)?.startsInS).toBeCloseTo(start.atS)
  })

  it("tells all of ten thousand, the last ones by the work ahead of them", () => {
    const waiting = Array.from({ length: 10_000 }, (_, seq) =>
      job(`job ${seq}`, { seq, tag: seq * 30, accountId: `account ${seq % 500}` }),
    )
    const told = outlook(waiting, [server("a", { slots: 4 }), server("b", { open: false, slots: 40 })], [])
    expect(told.size).toBe(10_000)
    expect(new Set([...told.values()].map(({ position }) => position)).size).toBe(10_000)
    expect(told.get("job 9999")).toMatchObject({ position: 10_000 })
    expect(told.get("job 9999")?.startsInS).toBeCloseTo((10_000 / 4) * 30, -2)
  })
})

/** When each job starts if `choose` is asked again after every end; a server keeps one model in memory. */
function playOut(jobs: WaitingJob[], warm: Record<string, string[]>): { id: string; atS: number }[] {
  const starts: { id: string; atS: number }[] = []
  const busy = new Map<string, { untilS: number; accountId: string }>()
  let waiting = jobs
  for (let nowS = 0; Number.isFinite(nowS);) {
    for (const [id, { untilS }] of busy) if (untilS <= nowS) busy.delete(id)
    const servers = Object.entries(warm).map(([id, warm]) => server(id, { warm, inFlight: busy.has(id) ? 1 : 0 }))
    const inFlight = new Map<string, number>()
    for (const { accountId } of busy.values()) inFlight.set(accountId, (inFlight.get(accountId) ?? 0) + 1)
    for (const { jobId, serverId } of choose(waiting, servers, inFlight)) {
      const job = waiting.find(({ id }) => id === jobId)
      if (!job) throw new Error(`${jobId} does not wait`)
      waiting = waiting.filter((other) => other !== job)
      starts.push({ id: jobId, atS: nowS })
      busy.set(serverId, { untilS: nowS + job.seconds, accountId: job.accountId })
      warm[serverId] = [job.signature]
    }
    nowS = Math.min(...[...busy.values()].map(({ untilS }) => untilS))
  }
  return starts
}
