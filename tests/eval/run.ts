import type { Tool } from "#src/tool.ts"
import { answerOf } from "#tests/eval/ask.ts"
import type { ModelFor } from "#tests/eval/models.ts"
import type { SetName } from "#tests/eval/row.ts"
import { score, sum } from "#tests/eval/score.ts"
import type { Scored, Sum } from "#tests/eval/score.ts"
import { sets } from "#tests/eval/sets.ts"
import { loadRegistry } from "#tools/registry.ts"

/** What the house promises of its command mode, and asks of a model that is to take its place. */
export const GOALS = { plain: 0.95, chat: 0.5, wrong: 0, forbidden: 0 } as const

export interface RunOptions {
  modelFor: ModelFor
  names: readonly SetName[]
  /** How often each row is said. */
  repeat?: number
}

/** The very tools that a person's model sees in production. */
export async function productionTools(families: readonly string[]): Promise<Tool[]> {
  return (await loadRegistry(families)).visible("user")
}

export async function runSets(
  { modelFor, names, repeat = 1 }: RunOptions,
  tools: readonly Tool[],
): Promise<{ scored: Scored[]; sums: Sum[]; missed: string[] }> {
  const scored: Scored[] = []
  for (const name of names)
    for (const row of sets[name])
      for (let round = 0; round < repeat; round++)
        scored.push(score(row, name, await answerOf(row, tools, modelFor), tools))
  const sums = names.map((name) =>
    sum(
      name,
      scored.filter((it) => it.set === name),
    ),
  )
  return { scored, sums, missed: missedGoals(sums) }
}

/** Goals that were not reached, in words. Sets that did not run are not counted either way. */
function missedGoals(sums: readonly Sum[]): string[] {
  const share = (set: "plain" | "chat") => {
    const found = sums.find((it) => it.set === set)
    const reached = found && found.exact / found.rows
    return reached !== undefined && reached < GOALS[set]
      ? [`${set}: ${percent(reached)} exact, the goal is ${percent(GOALS[set])}`]
      : []
  }
  const count = (key: "wrong" | "forbidden", words: string) => {
    const total = sums.reduce((all, it) => all + it[key], 0)
    return total > GOALS[key] ? [`${total} ${words}, the goal is ${GOALS[key]}`] : []
  }
  return [
    ...share("plain"),
    ...share("chat"),
    ...count("wrong", "silently wrong"),
    ...count("forbidden", "calls of a forbidden or destroying tool"),
  ]
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
