import { expect, test } from "vitest"
import { isOnTrial, restsUntil } from "#src/platform/servers/breaker.ts"
import { warmAfter } from "#src/platform/servers/warm.ts"

test("a server rests after three failures in a row: 30 s, then twice as long each time, at most ten minutes", () => {
  const rests = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((failures) => restsUntil(failures, 1_000_000))
  expect(rests.map((until) => (until === 0 ? 0 : (until - 1_000_000) / 1_000))).toEqual([
    0, 0, 30, 60, 120, 240, 480, 600, 600,
  ])
  expect([2, 3].map(isOnTrial)).toEqual([false, true])
})

test("models stay in memory as long as they fit, the one used longest ago leaves first", () => {
  const model = (signature: string, vramMb: number) => ({ signature, vramMb })
  const names = (list: { signature: string }[]) => list.map((it) => it.signature)
  const [a, b, c] = [model("a", 10_000), model("b", 10_000), model("c", 10_000)]
  expect(names(warmAfter([b, c], a, 24_000))).toEqual(["a", "b"])
  expect(names(warmAfter([a, b], b, 24_000))).toEqual(["b", "a"])
  expect(names(warmAfter([a, b], model("big", 20_000), 24_000))).toEqual(["big"])
  expect(names(warmAfter([a, b], c, undefined))).toEqual(["c"])
  expect(names(warmAfter([model("x", 0), model("y", 0)], model("z", 0), 24_000))).toEqual(["z", "x"])
})
