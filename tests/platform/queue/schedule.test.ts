import { describe, expect, it } from "vitest"
import { blockedReason } from "#src/platform/queue/schedule.fit.ts"
import type { GpuServer } from "#src/platform/queue/schedule.fit.ts"
import { choose } from "#src/platform/queue/schedule.ts"
import type { ScheduleOptions, WaitingJob } from "#src/platform/queue/schedule.ts"

let arrivals = 0
const job = (
  id: string,
  { needs, ...changes }: Omit<Partial<WaitingJob>, "needs"> & { needs?: object } = {},
): WaitingJob => ({
  id,
  accountId: "ada",
  urgency: 1,
  tag: 0,
  seq: arrivals++,
  signature: "photo",
  seconds: 30,
  avoid: {},
  ...changes,
  needs: { kinds: ["comfyui"], requires: [], ...needs },
})
const server = (id: string, changes: Partial<GpuServer> = {}): GpuServer => ({
  id,
  kind: "comfyui",
  slots: 1,
  inFlight: 0,
  has: () => true,
  warm: [],
  open: true,
  ...changes,
})
/** "job>server" in the order of the choice. */
const starts = (jobs: WaitingJob[], servers: GpuServer[], inFlight = {}, options: ScheduleOptions = {}) =>
  choose(jobs, servers, new Map(Object.entries(inFlight)), options).map(({ jobId, serverId }) => `${jobId}>${serverId}`)

describe("who goes first", () => {
  it("starts as many as slots are free, in order of the fair tag, then of arrival", () => {
    const jobs = [job("late", { tag: 9 }), job("first"), job("second"), job("last", { tag: 10 })]
    expect(starts(jobs, [server("a", { slots: 4, inFlight: 1 })])).toEqual(["first>a", "second>a", "late>a"])
  })

  it("takes the one that came first of those with the same tag, whatever models they use", () => {
    const jobs = [job("photo 1", { tag: 0 }), job("film", { tag: 10, signature: "film" }), job("photo 2", { tag: 10 })]
    expect(starts(jobs, [server("a", { slots: 2, warm: ["photo", "film"] })])).toEqual(["photo 1>a", "film>a"])
  })

  it("starts rush before normal before background, however warm their models are", () => {
    const jobs = [
      job("background", { urgency: 2, signature: "film" }),
      job("normal", { signature: "film" }),
      job("rush", { urgency: 0, tag: 5_000, signature: "photo" }),
    ]
    const servers = [server("a", { slots: 2, warm: ["film"] })]
    expect(starts(jobs, servers)).toEqual(["rush>a", "normal>a"])
  })

  it("is as fair within rush as elsewhere: the tag decides, not who shouted first", () => {
    const jobs = [0, 30, 60].map((tag) => job(`ada ${tag}`, { urgency: 0, tag }))
    jobs.push(job("bob 0", { urgency: 0, accountId: "bob", tag: 0 }))
    expect(starts(jobs, [server("a", { slots: 3 })], {}, { deltaS: 0 })).toEqual(["ada 0>a", "bob 0>a", "ada 30>a"])
  })

  it("lets others go first when an account has two thirds of the slots, but leaves none empty for that", () => {
    const servers = ["a", "b", "c"].map((id) => server(id, { inFlight: id === "c" ? 0 : 1 }))
    const ada = job("ada", { tag: 0 })
    const bob = job("bob", { tag: 1_000, accountId: "bob" })
    expect(starts([ada, bob], servers, { ada: 1 })).toEqual(["ada>c"])
    expect(starts([ada, bob], servers, { ada: 2 })).toEqual(["bob>c"])
    expect(starts([ada], servers, { ada: 2 })).toEqual(["ada>c"])
    expect(starts([ada, { ...bob, urgency: 2 }], servers, { ada: 2 })).toEqual(["ada>c"])
  })

  it("counts the cap in slots that are open, and takes another one when told", () => {
    const servers = [server("a", { slots: 6 }), server("down", { slots: 60, open: false })]
    const jobs = [...[1, 2, 3, 4, 5].map((n) => job(`ada ${n}`)), job("bob", { accountId: "bob", tag: 500 })]
    expect(starts(jobs, servers, { ada: 0 })[4]).toBe("bob>a")
    expect(starts(jobs, servers, { ada: 0 }, { inFlightCap: 1 })[1]).toBe("bob>a")
  })
})

describe("models in memory", () => {
  it("prefers a job whose models are in the server's memory while it is at most δ behind", () => {
    const jobs = [job("cold", { tag: 100, signature: "film" }), job("warm", { tag: 220, signature: "photo" })]
    const servers = [server("a", { warm: ["sketch", "photo"] })]
    expect(starts(jobs, servers)).toEqual(["warm>a"])
    expect(starts(jobs, servers, {}, { deltaS: 119 })).toEqual(["cold>a"])
  })

  it("otherwise loads what the fewest other servers have, and leaves the rest to those", () => {
    const jobs = [
      job("on two", { signature: "photo" }),
      job("on one", { tag: 10, signature: "film" }),
      job("nowhere", { tag: 20, signature: "solid" }),
    ]
    const servers = [
      server("free"),
      server("b", { inFlight: 1, warm: ["photo", "film"] }),
      server("c", { inFlight: 1, warm: ["photo"] }),
    ]
    expect(starts(jobs, servers)).toEqual(["nowhere>free"])
    expect(starts(jobs.slice(0, 2), servers)).toEqual(["on one>free"])
    expect(starts(jobs.slice(0, 1), servers)).toEqual(["on two>free"])
  })

  it("does not leave anything to a server that is down", () => {
    const jobs = [job("first", { signature: "film" }), job("second", { signature: "solid" })]
    expect(starts(jobs, [server("a"), server("down", { warm: ["film"], open: false })])).toEqual(["first>a"])
  })

  it("looks at all free servers together: warm starts first, wherever they are", () => {
    const jobs = [job("photo", { signature: "photo" }), job("film", { tag: 1, signature: "film" })]
    const servers = [server("a"), server("b", { warm: ["photo"] }), server("c", { warm: ["film"] })]
    expect(starts(jobs, servers)).toEqual(["photo>b", "film>c"])
  })

  it("knows what a server will have loaded by the time its next slot is filled", () => {
    const jobs = [
      job("film 1", { signature: "film" }),
      job("solid", { tag: 1, signature: "solid" }),
      job("film 2", { tag: 2, signature: "film" }),
    ]
    expect(starts(jobs, [server("a", { slots: 2 })])).toEqual(["film 1>a", "film 2>a"])
  })

  it("never makes a job without models wait for one that has them in memory", () => {
    const jobs = [
      job("plain", { signature: "" }),
      job("cold", { tag: 1, signature: "film" }),
      job("warm", { tag: 2, signature: "photo" }),
    ]
    expect(starts(jobs, [server("a", { warm: ["photo"] })])).toEqual(["plain>a"])
    // And it takes no model's place.
    expect(starts(jobs, [server("a", { slots: 2, warm: ["photo"] })])).toEqual(["plain>a", "warm>a"])
  })

  it("gives the same job to the idler server, then to the smaller, then to the one with less in memory", () => {
    const one = [job("one")]
    expect(starts(one, [server("a", { slots: 2, inFlight: 1 }), server("b", { slots: 2 })])).toEqual(["one>b"])
    expect(starts(one, [server("large", { vramMb: 48_000 }), server("small", { vramMb: 24_000 })])).toEqual([
      "one>small",
    ])
    expect(starts(one, [server("full", { warm: ["film"] }), server("empty")])).toEqual(["one>empty"])
  })
})

describe("where a job can run", () => {
  const files = (...names: string[]) => ({ has: (name: string) => names.includes(name) })

  it("takes only open servers of its kind, with its files and enough memory; one that does not say its size is tried", () => {
    const needs = { vramMb: 20_000, requires: ["film.safetensors"] }
    const one = [job("one", { needs })]
    for (const wrong of [
      { kind: "hunyuan3d" },
      { vramMb: 16_000 },
      files("photo.safetensors"),
      { open: false },
      { inFlight: 1 },
    ])
      expect(starts(one, [server("a", wrong)])).toEqual([])
    expect(starts(one, [server("a", files("film.safetensors"))])).toEqual(["one>a"])
  })

  it("does not make others wait for a job that cannot run here", () => {
    const jobs = [job("large", { needs: { vramMb: 40_000 } }), job("small", { tag: 5_000 })]
    const servers = [server("a", { vramMb: 24_000 }), server("b", { vramMb: 48_000, inFlight: 1 })]
    expect(starts(jobs, servers)).toEqual(["small>a"])
  })

  it("never goes back to where it ran out of memory", () => {
    const one = [job("one", { avoid: { a: "capacity" } })]
    expect(starts(one, [server("a")])).toEqual([])
    expect(starts(one, [server("a"), server("b")])).toEqual(["one>b"])
  })

  it("goes elsewhere after an accident, waiting if need be, and back only when nothing else could run it", () => {
    const one = [job("one", { avoid: { a: "transient" } })]
    expect(starts(one, [server("a"), server("b")])).toEqual(["one>b"])
    expect(starts(one, [server("a"), server("b", { inFlight: 1 })])).toEqual([])
    expect(starts(one, [server("a"), server("b", { open: false })])).toEqual(["one>a"])
    expect(starts(one, [server("a"), server("b", { kind: "hunyuan3d" })])).toEqual(["one>a"])
  })

  it("takes up what runs on a server already before anything else, there and nowhere else, even while it drains", () => {
    const jobs = [job("rush", { urgency: 0 }), job("running", { urgency: 2, tag: 900, pinned: "b" })]
    expect(starts(jobs, [server("a"), server("b")])).toEqual(["running>b", "rush>a"])
    expect(starts(jobs, [server("a", { inFlight: 1 }), server("b", { open: false, draining: true })])).toEqual([
      "running>b",
    ])
    expect(starts(jobs, [server("a", { slots: 3 }), server("b", { open: false })])).toEqual(["rush>a"])
  })
})

describe("the fair clock", () => {
  const clocks = (jobs: WaitingJob[], servers: GpuServer[]) =>
    choose(jobs, servers, new Map()).map(({ jobId, clock }) => [jobId, clock])

  it("goes with what starts, but never past a tag that still waits and could run", () => {
    const solid = { kinds: ["hunyuan3d"] }
    const jobs = [job("now", { tag: 50 }), job("next", { tag: 60 }), job("solid", { tag: 2_000, needs: solid })]
    // "solid" starts out of turn, because no other wants its server: that must not put newcomers behind its tag.
    expect(clocks(jobs, [server("a"), server("b", { kind: "hunyuan3d" })])).toEqual([
      ["now", 50],
      ["solid", 60],
    ])
    expect(clocks(jobs, [server("a", { slots: 2 })])).toEqual([
      ["now", 50],
      ["next", 60],
    ])
  })

  it("is not held back by a job that nobody can run", () => {
    const jobs = [job("stuck", { needs: { kinds: ["unknown"] } }), job("other", { tag: 700 })]
    expect(clocks(jobs, [server("a")])).toEqual([["other", 700]])
  })
})

describe("why a job waits for ever", () => {
  const reason = (changes: Parameters<typeof job>[1], ...servers: GpuServer[]) =>
    blockedReason(job("one", changes), servers)
  const files = (...names: string[]) => ({ has: (name: string) => names.includes(name) })

  it("has no reason while a server could take it, busy or not", () => {
    expect(reason({}, server("a", { inFlight: 1 }))).toBeUndefined()
    expect(reason({ avoid: { a: "transient" } }, server("a"))).toBeUndefined()
  })

  it("names the kind that no server has", () => {
    expect(reason({}, server("a", { kind: "hunyuan3d" }))).toEqual({ why: "no_server", kinds: ["comfyui"] })
  })

  it("names what the closest server lacks, and which of it is nowhere", () => {
    const needs = { requires: ["film", "vae", "lora"] }
    expect(reason({ needs }, server("a", files("lora")), server("b", files("film")), server("c"))).toBeUndefined()
    expect(reason({ needs }, server("a", files("lora")), server("b", files("film", "lora")))).toEqual({
      why: "missing",
      server: "b",
      names: ["vae"],
      nowhere: ["vae"],
    })
    expect(reason({ needs }, server("a", files("film", "vae")), server("b", files("lora")))).toMatchObject({
      server: "a",
      names: ["lora"],
      nowhere: [],
    })
  })

  it("says how much memory it needs and how much the largest has, of those with the files", () => {
    const needs = { vramMb: 40_000, requires: ["film"] }
    const small = server("a", { vramMb: 24_000, ...files("film") })
    expect(reason({ needs }, small, server("b", { vramMb: 80_000, ...files() }))).toEqual({
      why: "vram",
      needsMb: 40_000,
      largestMb: 24_000,
    })
  })

  it("says when all that fit ran out of memory, are down or draining, or are gone", () => {
    expect(reason({ avoid: { a: "capacity" } }, server("a"))).toEqual({ why: "capacity", servers: ["a"] })
    expect(reason({}, server("a", { open: false }), server("b", { open: false, draining: true }))).toEqual({
      why: "closed",
      servers: ["a", "b"],
    })
    expect(reason({ pinned: "a" }, server("a", { open: false }), server("b"))).toEqual({
      why: "closed",
      servers: ["a"],
    })
    expect(reason({ pinned: "a" }, server("b"))).toEqual({ why: "server_gone", server: "a" })
  })
})
