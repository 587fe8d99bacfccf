import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Avoid, GpuServer } from "#src/platform/queue/schedule.fit.ts"
import { choose } from "#src/platform/queue/schedule.ts"
import type { Assignment, ScheduleOptions, WaitingJob } from "#src/platform/queue/schedule.ts"

// The promises of the choice, over houses and backlogs made up by chance. What a job may do is said here once more, in
// its plainest form, without looking at how the schedule says it.

interface House {
  jobs: WaitingJob[]
  servers: GpuServer[]
  inFlight: Map<string, number>
  options: Required<ScheduleOptions>
}

const IDS = ["s0", "s1", "s2", "s3"]
const ACCOUNTS = ["ada", "bob", "cy"]
const SIGNATURES = ["photo", "film", "solid", ""]
const FILES = ["f1", "f2"]

const aServer = fc.record({
  kind: fc.constantFrom("comfyui", "comfyui", "hunyuan3d"),
  slots: fc.integer({ min: 1, max: 3 }),
  inFlight: fc.integer({ min: 0, max: 2 }),
  vramMb: fc.constantFrom(undefined, 24_000, 48_000),
  files: fc.subarray(FILES),
  warm: fc.uniqueArray(fc.constantFrom("photo", "film", "solid"), { maxLength: 2 }),
  open: fc.constantFrom(true, true, true, false),
  draining: fc.boolean(),
})

const aJob = fc.record({
  accountId: fc.constantFrom(...ACCOUNTS),
  urgency: fc.constantFrom(0 as const, 1 as const, 1 as const, 2 as const),
  tag: fc.integer({ min: 0, max: 400 }),
  signature: fc.constantFrom(...SIGNATURES),
  seconds: fc.integer({ min: 1, max: 90 }),
  kinds: fc.constantFrom(["comfyui"], ["comfyui"], ["hunyuan3d"], ["comfyui", "hunyuan3d"]),
  vramMb: fc.constantFrom(undefined, 8_000, 32_000),
  requires: fc.constantFrom([], [], ["f1"], ["f1", "f2"]),
  avoid: fc.constantFrom<Avoid>({}, {}, {}, { s0: "transient" }, { s0: "capacity", s1: "transient" }),
  pinned: fc.constantFrom(...Array.from({ length: 12 }, () => undefined), "s0", "s1"),
})

const aHouse = fc
  .record({
    servers: fc.array(aServer, { minLength: 1, maxLength: IDS.length }),
    jobs: fc.array(aJob, { maxLength: 25 }),
    counts: fc.tuple(...ACCOUNTS.map(() => fc.integer({ min: 0, max: 3 }))),
    deltaS: fc.constantFrom(0, 50, 120, Infinity),
    inFlightCap: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ servers, jobs, counts, ...options }): House => ({
    servers: servers.map(({ vramMb, files, ...server }, n) => ({
      ...server,
      id: `s${n}`,
      ...(vramMb === undefined ? {} : { vramMb }),
      has: (name) => files.includes(name),
    })),
    jobs: jobs.map(({ kinds, vramMb, requires, pinned, ...job }, seq) => ({
      ...job,
      id: `j${seq}`,
      seq,
      needs: { kinds, requires, ...(vramMb === undefined ? {} : { vramMb }) },
      ...(pinned === undefined ? {} : { pinned }),
    })),
    inFlight: new Map(ACCOUNTS.map((account, n) => [account, counts[n] ?? 0])),
    options,
  }))

const holds = (promise: (house: House) => void) => fc.assert(fc.property(aHouse, promise), { numRuns: 500 })
const decide = ({ jobs, servers, inFlight, options }: House) => choose(jobs, servers, inFlight, options)

function isAble(job: WaitingJob, server: GpuServer): boolean {
  const { kinds, vramMb = 0, requires } = job.needs
  const isLarge = server.vramMb === undefined || server.vramMb >= vramMb
  const isRight = kinds.includes(server.kind) && isLarge && requires.every((name) => server.has(name))
  return server.open && isRight && job.avoid[server.id] !== "capacity"
}

function mayStart(job: WaitingJob, server: GpuServer, all: GpuServer[]): boolean {
  if (job.pinned !== undefined) return job.pinned === server.id && (server.open || server.draining === true)
  if (!isAble(job, server)) return false
  return job.avoid[server.id] === undefined || !all.some((other) => isAble(job, other) && !job.avoid[other.id])
}

interface Step {
  job: WaitingJob
  server: GpuServer
  start: Assignment
  /** Those that went on waiting and could have had the slot. */
  others: WaitingJob[]
  atCap: (job: WaitingJob) => boolean
}

/** Goes through a decision start by start, with who else could have had the slot. */
function replay(house: House): { steps: Step[]; waiting: WaitingJob[]; free: Map<string, number> } {
  const { servers, options } = house
  const free = new Map(servers.map(({ id, slots, inFlight }) => [id, slots - inFlight]))
  const counts = new Map(house.inFlight)
  let waiting = house.jobs
  const steps = decide(house).map((start): Step => {
    const job = waiting.find(({ id }) => id === start.jobId)
    const server = servers.find(({ id }) => id === start.serverId)
    if (!job || !server) throw new Error(`${start.jobId} was started twice, or on a server that is not there`)
    waiting = waiting.filter((other) => other !== job)
    const before = new Map(counts)
    counts.set(job.accountId, (counts.get(job.accountId) ?? 0) + 1)
    free.set(server.id, (free.get(server.id) ?? 0) - 1)
    return {
      job,
      server,
      start,
      others: waiting.filter((other) => mayStart(other, server, servers)),
      atCap: ({ accountId }) => (before.get(accountId) ?? 0) >= options.inFlightCap,
    }
  })
  return { steps, waiting, free }
}

/** Steps of jobs that are chosen, with the others of their class; jobs taken up again come before any rule. */
const choices = (house: House) =>
  replay(house)
    .steps.filter(({ job }) => job.pinned === undefined)
    .map((step) => ({ ...step, rivals: step.others.filter(({ urgency }) => urgency === step.job.urgency) }))

const mustLoad = ({ job, server }: Step) =>
  job.pinned === undefined && job.signature !== "" && !server.warm.includes(job.signature)

const isEarlier = (a: WaitingJob, b: WaitingJob) => a.tag < b.tag || (a.tag === b.tag && a.seq < b.seq)

describe("whatever waits, the choice", () => {
  it("starts no job twice, none where it cannot run, and no more than slots are free", () => {
    holds((house) => {
      const { steps, free } = replay(house)
      for (const { job, server } of steps) expect(mayStart(job, server, house.servers)).toBe(true)
      for (const server of house.servers)
        expect(free.get(server.id)).toBeGreaterThanOrEqual(Math.min(0, server.slots - server.inFlight))
    })
  })

  it("leaves no slot empty that a waiting job could use", () => {
    holds((house) => {
      const { waiting, free } = replay(house)
      for (const server of house.servers)
        if ((free.get(server.id) ?? 0) > 0)
          expect(waiting.filter((job) => mayStart(job, server, house.servers))).toEqual([])
    })
  })

  it("lets nobody wait for a job of a later class", () => {
    holds((house) => {
      for (const { job, others } of choices(house))
        for (const other of others) expect(other.urgency).toBeGreaterThanOrEqual(job.urgency)
    })
  })

  it("passes over a job by at most δ, unless its account is at the cap", () => {
    holds((house) => {
      for (const { job, rivals, atCap } of choices(house))
        for (const rival of rivals)
          if (!atCap(rival)) expect(job.tag).toBeLessThanOrEqual(rival.tag + house.options.deltaS)
    })
  })

  it("gives an account beyond its cap only what no other account of the class wants", () => {
    holds((house) => {
      for (const { job, rivals, atCap } of choices(house)) if (atCap(job)) expect(rivals.every(atCap)).toBe(true)
    })
  })

  it("keeps the order of arrival within an account and class, but for δ", () => {
    holds((house) => {
      for (const { job, rivals } of choices(house))
        for (const own of rivals.filter(({ accountId }) => accountId === job.accountId)) {
          expect(job.tag - own.tag).toBeLessThanOrEqual(house.options.deltaS)
          if (own.signature === job.signature) expect(isEarlier(job, own)).toBe(true)
        }
    })
  })

  it("loads models only where no job within δ has its own in memory there", () => {
    holds((house) => {
      // The first start of all: later ones find other models in memory.
      const first = replay(house).steps[0]
      if (!first || !mustLoad(first)) return
      const rivals = first.others.filter((other) => other.urgency === first.job.urgency && !first.atCap(other))
      const m = Math.min(first.job.tag, ...rivals.map(({ tag }) => tag))
      const warm = rivals.filter(({ signature }) => signature === "" || first.server.warm.includes(signature))
      if (!first.atCap(first.job)) for (const { tag } of warm) expect(tag).toBeGreaterThan(m + house.options.deltaS)
    })
  })

  it("never sets the fair clock beyond what started or still waits and could run", () => {
    holds((house) => {
      for (const { job, start, rivals } of choices(house))
        for (const { tag } of [job, ...rivals.filter(({ pinned }) => pinned === undefined)])
          expect(start.clock).toBeLessThanOrEqual(tag)
    })
  })

  it("is the same in whatever order the backlog comes", () => {
    const shuffled = aHouse.chain((house) =>
      fc
        .shuffledSubarray(house.jobs, { minLength: house.jobs.length })
        .map((jobs) => ({ house, other: { ...house, jobs } })),
    )
    fc.assert(
      fc.property(shuffled, ({ house, other }) => {
        expect(decide(other)).toEqual(decide(house))
      }),
      { numRuns: 300 },
    )
  })

  it("needs of each account and kind of job only as many as slots are free", () => {
    holds((house) => {
      const free = house.servers.reduce((sum, { slots, inFlight }) => sum + Math.max(0, slots - inFlight), 0)
      const groups = Map.groupBy(house.jobs, ({ accountId, urgency, signature, needs }) =>
        JSON.stringify([accountId, urgency, signature, needs]),
      )
      const heads = [...groups.values()].flatMap((group) => {
        const isPlain = (job: WaitingJob) => job.pinned === undefined && Object.keys(job.avoid).length === 0
        const plain = group.filter(isPlain).sort((a, b) => (isEarlier(a, b) ? -1 : 1))
        return [...plain.slice(0, free), ...group.filter((job) => !isPlain(job))]
      })
      expect(decide({ ...house, jobs: heads })).toEqual(decide(house))
    })
  })
})
