import { expect, it } from "vitest"
import { createLog } from "#src/platform/log.ts"
import { createOutage } from "#src/platform/queue/outage.ts"

it("an outage is told when it begins, once a minute while it lasts, and when it is over", () => {
  const lines: { msg: string; problem?: string; forS?: number; afterS?: number }[] = []
  const log = createLog("info", { write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]) })
  let now = 0
  const outage = createOutage(log, { fails: "away", works: "back" }, () => now)
  outage.over()
  for (; now < 130_000; now += 200) outage.failed("refused")
  outage.over()
  outage.over()
  expect(lines.map(({ msg, problem, forS, afterS }) => [msg, problem ?? afterS, forS ?? ""])).toEqual([
    ["away", "refused", 0],
    ["away", "refused", 60],
    ["away", "refused", 120],
    ["back", 130, ""],
  ])
})
