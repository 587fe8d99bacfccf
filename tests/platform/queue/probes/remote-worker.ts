import { loadConfig } from "#src/platform/config.ts"
import { createLog } from "#src/platform/log.ts"
import { serveLanes } from "#workers/serve-lanes.ts"

// A worker of another machine: what `atelier worker` runs, with the handler of the probe and the lease that its test wants.
const stop = new AbortController()
process.once("SIGTERM", () => stop.abort())
const [, , leaseMs] = process.argv
process.exitCode = await serveLanes({
  config: loadConfig(),
  log: createLog("silent"),
  lanes: ["cpu"],
  signal: stop.signal,
  handlers: new URL("./workers/", import.meta.url),
  leaseMs: Number(leaseMs),
  say: (text) => void process.stdout.write(`${text}\n`),
})
process.exit()
