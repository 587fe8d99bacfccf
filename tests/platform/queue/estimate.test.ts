import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { firstEstimate, firstLoad, loadKey, loadSeconds, next, runKey } from "#src/platform/queue/estimate.ts"
import type { Estimate } from "#src/platform/queue/estimate.ts"

const after = (start: Estimate, ...measured: number[]) => measured.reduce(next, start)

describe("how long a run is expected to take", () => {
  it("is what the contract says until something was measured, then soon what was measured", () => {
    expect(firstEstimate(60).seconds).toBe(60)
    expect(after(firstEstimate(60), 20).seconds).toBe(40)
    expect(after(firstEstimate(60), 20, 20, 20, 20).seconds).toBeCloseTo(28)
    expect(after(firstEstimate(60), ...Array.from({ length: 20 }, () => 20)).seconds).toBeCloseTo(20, 0)
  })

  it("follows a server that has become slower within some ten runs", () => {
    const fast = after(firstEstimate(20), ...Array.from({ length: 100 }, () => 20))
    const slower = after(fast, ...Array.from({ length: 10 }, () => 40))
    expect(slower.seconds).toBeGreaterThan(37)
    expect(slower.seconds).toBeLessThan(40)
  })

  it("is not thrown off by one run that hung", () => {
    const usual = after(firstEstimate(20), ...Array.from({ length: 100 }, () => 20))
    expect(after(usual, 6_000).seconds).toBeLessThanOrEqual(32)
  })

  it("stays among what was guessed and measured, whatever comes", () => {
    const seconds = fc.double({ min: 0.1, max: 5_000, noNaN: true })
    fc.assert(
      fc.property(seconds, fc.array(seconds, { maxLength: 30 }), (guess, measured) => {
        const found = after(firstEstimate(guess), ...measured).seconds
        expect(found).toBeGreaterThanOrEqual(Math.min(guess, ...measured) * 0.999)
        expect(found).toBeLessThanOrEqual(Math.max(guess, ...measured) * 1.001)
      }),
    )
  })

  it("ignores what is no duration", () => {
    const known = after(firstEstimate(20), 30)
    for (const wrong of [0, -3, Number.NaN, Infinity]) expect(next(known, wrong)).toEqual(known)
    expect(firstEstimate(0).seconds).toBeGreaterThan(0)
  })

  it("is remembered by signature and by size in steps of two", () => {
    expect(runKey("photo", 8)).toBe(runKey("photo", 10))
    expect(runKey("photo", 8)).not.toBe(runKey("photo", 16))
    expect(runKey("photo", 8)).not.toBe(runKey("film", 8))
    expect(runKey("photo", 0)).toBe(runKey("photo", Number.NaN))
  })
})

describe("how long models are expected to load", () => {
  it("is learnt apart from the runs: what a cold start took longer than a run", () => {
    const run = after(firstEstimate(30), 30, 30)
    expect(loadSeconds(48, run)).toBe(18)
    expect(loadSeconds(25, run)).toBe(0)
    expect(after(firstLoad(), 18, 18, 18, 18, 18).seconds).toBeCloseTo(18, 0)
    expect(loadKey("photo")).not.toBe(runKey("photo", 1))
  })
})
