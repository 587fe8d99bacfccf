import { parseArgs } from "node:util"
import { isSound } from "#tests/chaos/check.ts"
import { drill, type DrillOptions } from "#tests/chaos/drill.ts"
import { faults } from "#tests/chaos/faults.ts"
import { hasRedis } from "#tests/servers/redis.ts"

const USAGE = `npm run chaos -- [--driver sqlite|bullmq] [--kills N] [--jobs N] [--seed S] [--fault NAME|all]
Kills processes of a studio under load, makes the named thing go wrong, and prints what that did. Exit code 1 unless
lost, double-committed, oversold and still held are all 0.
Faults: ${faults.map((fault) => fault.name).join(", ")}`

const { values } = parseArgs({
  options: {
    driver: { type: "string", default: "sqlite" },
    kills: { type: "string" },
    jobs: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    fault: { type: "string" },
    help: { type: "boolean" },
  },
})
const interrupt = new AbortController()
process.once("SIGINT", () => interrupt.abort())

const number = (name: string, text: string, most: number) => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0 && value <= most) return value
  return fail(`--${name} is ${text}; it must be a whole number from 0 to ${most}.`)
}
const fail = (problem: string): never => {
  process.stderr.write(`${problem}\n\n${USAGE}\n`)
  process.exit(2)
}

async function run(fault: string | undefined): Promise<boolean> {
  const { driver } = values
  if (driver !== "sqlite" && driver !== "bullmq") return fail(`There is no driver ${driver}.`)
  const found = faults.find((one) => one.name === fault)
  if (fault !== undefined && !found) return fail(`There is no fault ${fault}.`)
  if (found?.redis && driver !== "bullmq") {
    process.stdout.write(`${fault}: not run, it needs --driver bullmq\n`)
    return true
  }
  const options: DrillOptions = {
    driver,
    kills: number("kills", values.kills ?? (found ? "0" : "10"), 10_000),
    jobs: number("jobs", values.jobs, 100_000),
    seed: number("seed", values.seed, 2 ** 31),
    signal: interrupt.signal,
    ...(found ? { fault: found } : {}),
  }
  const report = await drill(options)
  const sound = isSound(report)
  process.stdout.write(
    `${driver}${fault ? ` ${fault}` : ""}: ${report.jobs} jobs, ${report.denied} denied, ${report.kills} kills, seed ${options.seed}, ${report.seconds.toFixed(1)} s\n` +
      `  lost ${report.lost}   double-committed ${report.doubleCommitted}   oversold ${report.oversold}   still held ${report.stillHeld}   re-run ${report.rerun}   failed ${report.failed}\n` +
      `  slowest accept ${Math.round(report.slowestAcceptMs)} ms${report.refused > 0 ? `   not stored at first ${report.refused}` : ""}${report.sent > 0 ? `   sent to servers ${report.sent}` : ""}   ${sound ? "sound" : "NOT SOUND"}\n`,
  )
  return sound
}

if (values.help) process.stdout.write(`${USAGE}\n`)
else if (values.driver === "bullmq" && !hasRedis)
  process.stdout.write("Not run: there is no redis-server on this machine (Debian package redis-server).\n")
else {
  const wanted = values.fault === "all" ? faults.map((fault) => fault.name) : [values.fault]
  for (const fault of wanted) if (!(await run(fault))) process.exitCode = 1
  process.exit()
}
