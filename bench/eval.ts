// How well sentences become calls, for command mode and for configured models: npm run eval [-- --model fast --set chat --n 3 --show]
import { parseArgs } from "node:util"
import { loadConfig } from "#src/platform/config.ts"
import { createLlm } from "#src/platform/llm/create.ts"
import { llmError } from "#src/platform/llm/failure.ts"
import type { Llm } from "#src/platform/llm/llm.ts"
import { createLog } from "#src/platform/log.ts"
import { openDb } from "#src/platform/store/db.ts"
import { explain, UserError } from "#src/errors.ts"
import type { Tool } from "#src/tool.ts"
import { alwaysWrong, commandMode, oracle } from "#tests/eval/models.ts"
import type { ModelFor } from "#tests/eval/models.ts"
import { setNames } from "#tests/eval/row.ts"
import type { SetName } from "#tests/eval/row.ts"
import { percent, productionTools, runSets } from "#tests/eval/run.ts"
import type { RunOptions } from "#tests/eval/run.ts"
import { interval } from "#tests/eval/score.ts"
import type { Scored, Sum } from "#tests/eval/score.ts"
import { sets } from "#tests/eval/sets.ts"

const ROLES = ["fast", "draft", "judge"] as const
const WITHOUT_SERVER: Readonly<Record<string, ModelFor>> = { command: commandMode, "always-wrong": alwaysWrong, oracle }

const { values } = parseArgs({
  options: {
    model: { type: "string", multiple: true, default: ["command", "fast"] },
    set: { type: "string", multiple: true, default: [...setNames] },
    n: { type: "string", default: "1" },
    show: { type: "boolean", default: false },
  },
})

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(error.message)
  process.exitCode = 1
}

/** True when every goal was reached by whatever ran. */
async function main(): Promise<boolean> {
  const names = values.set.map(nameOf)
  const repeat = Number(values.n)
  if (!Number.isInteger(repeat) || repeat < 1 || repeat > 100)
    throw new UserError(`--n is "${values.n}".`, "It may be 1 to 100.")
  const config = loadConfig()
  const tools = await productionTools(config.families)
  const db = openDb(":memory:")
  const llm = createLlm({ config, db, clock: Date, log: createLog("error") })
  let isReached = true
  for (const model of values.model) {
    const modelFor = modelNamed(model, llm)
    if (!modelFor) {
      const all = names.reduce((total, name) => total + sets[name].length, 0) * repeat
      const variable = `ATELIER_LLM_${model.toUpperCase()}`
      console.log(`\n${model}: no model is configured (${variable}): 0 of ${all} run. Not run, not counted.`)
    } else isReached = (await told(model, { modelFor, names, repeat }, tools)) && isReached
  }
  llm.close()
  db.close()
  return isReached
}

/** Runs one model and prints its table; true when it reached the goals. */
async function told(model: string, options: RunOptions, tools: readonly Tool[]): Promise<boolean> {
  const run = await runSets(options, tools).catch((error: unknown) => explain(llmError(error, model)))
  if ("problem" in run) {
    console.log(`\n${model}: broken off, not counted. ${run.problem} ${run.hint}`)
    return false
  }
  console.log(`\n${model}, ${tools.length} tools`)
  console.table(run.sums.map(lineOf))
  const shown = values.show ? run.scored.filter(({ verdict }) => verdict !== "exact") : []
  for (const it of shown) console.log(detailOf(it))
  for (const goal of run.missed) console.log(`Missed: ${goal}`)
  return run.missed.length === 0
}

function nameOf(name: string): SetName {
  const found = setNames.find((it) => it === name)
  if (!found) throw new UserError(`There is no set "${name}".`, `There are: ${setNames.join(", ")}.`)
  return found
}

/** Undefined when the role has no model. */
function modelNamed(name: string, llm: Llm): ModelFor | undefined {
  const known = WITHOUT_SERVER[name]
  if (known) return known
  const role = ROLES.find((it) => it === name)
  if (!role)
    throw new UserError(
      `There is no model "${name}".`,
      `There are: ${[...Object.keys(WITHOUT_SERVER), ...ROLES].join(", ")}.`,
    )
  const caller = { accountId: "eval", tenantId: "local", role: "user", surface: "cli" } as const
  const model = llm.model(role, { caller })
  return model && (() => model)
}

function lineOf(it: Sum) {
  const [least, most] = interval(it.exact, it.rows)
  return {
    set: it.set,
    rows: it.rows,
    exact: `${percent(it.exact / it.rows)} (${percent(least)} to ${percent(most)})`,
    "right tools": percent(it.tools / it.rows),
    "extra calls": it.extra,
    "asked when unsure": `${it.askedWhenUnsure[0]} of ${it.askedWhenUnsure[1]}`,
    "asked needlessly": it.asked,
    "silently wrong": it.wrong,
    forbidden: it.forbidden,
    "ms p50/p95": `${it.p50.toFixed(0)}/${it.p95.toFixed(0)}`,
  }
}

function detailOf({ set, verdict, row, answer }: Scored): string {
  const calls = answer.calls.map((it) => `${it.tool} ${JSON.stringify(it.input)}`).join("; ")
  return `${set} · ${verdict} · "${row.say.slice(0, 120)}"\n    ${(calls || answer.text).slice(0, 300).replaceAll("\n", " | ")}`
}
