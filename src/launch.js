#!/usr/bin/env node
// Finds a Node that runs TypeScript (24 or newer) and hands the command line over to src/main.ts.
// Inside npm scripts and npx that is already the pinned one; a plain `node src/launch.js` on an older Node starts this
// file again under the pinned copy. Plain JavaScript that loads on Node 18: an old Node must get as far as the message.
import { spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { constants } from "node:os"
import { dirname, join } from "node:path"
import { isatty } from "node:tty"
import { fileURLToPath } from "node:url"

const OLDEST_NODE = 24
const major = (version) => Number(version.split(".")[0])

if (major(process.versions.node) >= OLDEST_NODE) {
  const { run } = await import("./main.ts")
  await run(process.argv.slice(2))
} else {
  const found = pinnedNode()
  if (found) startAgain(found)
  else giveUp(`this is ${process.version} and the pinned copy is missing`)
}

/** The Node that `npm ci` brought along, wherever npm put it; undefined when it is missing or no newer. */
function pinnedNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve("node/package.json")
    if (major(JSON.parse(readFileSync(manifest, "utf8")).version) < OLDEST_NODE) return undefined
    return ["node", "node.exe"].map((name) => join(dirname(manifest), "bin", name)).find((path) => existsSync(path))
  } catch {
    return undefined
  }
}

/** Stands in for the new process: same streams, signals passed on, same exit code. */
function startAgain(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => {
      // Ctrl+C in a terminal reaches both processes: passing it on would tell the studio twice.
      if (signal !== "SIGINT" || !isatty(0)) child.kill(signal)
    })
  child.on("error", (error) => giveUp(`the pinned copy does not start here (${error.message})`))
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)))
}

function giveUp(problem) {
  process.stderr.write(
    `atelier needs Node ${OLDEST_NODE} or newer; ${problem}.\n` +
      `Run "npm ci" in the checkout (it brings its own Node), or install Node ${OLDEST_NODE}.\n`,
  )
  process.exit(1)
}
