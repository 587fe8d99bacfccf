import { beforeAll, describe, expect, test } from "vitest"
import type { Tool } from "#src/tool.ts"
import { alwaysWrong, commandMode, oracle } from "#tests/eval/models.ts"
import { setNames } from "#tests/eval/row.ts"
import { GOALS, productionTools, runSets } from "#tests/eval/run.ts"
import { score } from "#tests/eval/score.ts"
import { sets } from "#tests/eval/sets.ts"

let tools: Tool[]
beforeAll(async () => void (tools = await productionTools(["design", "export", "media", "studio"])))

test("the sets are as large as they are said to be, and say nothing twice", () => {
  const least = { plain: 60, chat: 40, "follow-up": 40, ambiguous: 25, hostile: 25, languages: 20, strangers: 240 }
  for (const name of setNames) {
    expect(sets[name].length).toBeGreaterThanOrEqual(least[name])
    const said = sets[name].map((it) => `${it.context} ${it.say}`)
    expect(new Set(said).size).toBe(said.length)
  }
})

describe("command mode", () => {
  test("reaches its goals: plain and chat exactly read, nothing silently wrong, nothing destroyed", async () => {
    const { sums, scored, missed } = await runSets({ modelFor: commandMode, names: setNames }, tools)
    const told = scored
      .filter((it) => it.verdict === "wrong" || it.forbidden)
      .map((it) => [it.row.say, it.answer.calls])
    expect(told).toEqual([])
    expect(missed).toEqual([])
    const share = (name: string) => {
      const it = sums.find(({ set }) => set === name)
      return it ? it.exact / it.rows : 0
    }
    expect(share("plain")).toBeGreaterThanOrEqual(GOALS.plain)
    expect(share("chat")).toBeGreaterThanOrEqual(GOALS.chat)
    expect(share("follow-up")).toBeGreaterThanOrEqual(0.9)
    expect(share("strangers")).toBeGreaterThanOrEqual(0.9)
    expect(share("ambiguous")).toBe(1)
    expect(share("hostile")).toBe(1)
  })
})

describe("the evaluation itself", () => {
  test("is passed by whoever knows the answers", async () => {
    const { sums, missed } = await runSets({ modelFor: oracle, names: setNames }, tools)
    expect(missed).toEqual([])
    for (const { set, exact, rows } of sums) expect([set, exact]).toEqual([set, rows])
  })

  test("is failed by a model that is always wrong", async () => {
    const { sums, missed } = await runSets({ modelFor: alwaysWrong, names: ["plain", "hostile"] }, tools)
    expect(missed.length).toBeGreaterThanOrEqual(2)
    for (const it of sums) expect([it.exact, it.wrong]).toEqual([0, it.rows])
  })

  const answer = (...calls: { tool: string; input: Record<string, unknown> }[]) => ({ calls, text: "", ms: 0 })
  const verdict = (row: Parameters<typeof score>[0], ...calls: { tool: string; input: Record<string, unknown> }[]) =>
    score(row, "plain", answer(...calls), tools).verdict

  test("takes the same ring size in another writing, and a default that is written out, for the same call", () => {
    const row = { say: "", expect: { calls: [{ tool: "design_create", input: { size: "7", size_system: "us" } }] } }
    expect(
      verdict(row, { tool: "design_create", input: { size: "US 7", picture: "standard", piece: "solitaire" } }),
    ).toBe("exact")
    expect(verdict(row, { tool: "design_create", input: { size: "8", size_system: "us" } })).toBe("wrong")
  })

  test("counts a needless question as no success but no harm, and an extra change as wrong", () => {
    const row = { say: "", expect: { calls: [{ tool: "export_file", input: { format: "stl" } }] } }
    expect(verdict(row)).toBe("asked")
    expect(verdict(row, { tool: "design_show", input: {} })).toBe("partly")
    const file = { tool: "export_file", input: { format: "stl" } }
    expect(verdict(row, file)).toBe("exact")
    expect(verdict(row, file, { tool: "design_create", input: {} })).toBe("wrong")
    expect(verdict(row, { tool: "job_cancel", input: { job_id: "j" } })).toBe("wrong")
  })
})
