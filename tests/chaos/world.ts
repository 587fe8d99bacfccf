import { fork, type ChildProcess } from "node:child_process"
import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { Order, Say, Told } from "#tests/chaos/messages.ts"

const SCRIPT = fileURLToPath(new URL("./studio.ts", import.meta.url))
const READY_MS = 20_000
const ANSWER_MS = 2_000
const AGAIN_MS = 50

/** The studio under test: a process that can be killed at any time and comes back on the same data. */
export interface StudioProcess {
  /** Says it until it is answered, also across deaths of the studio. Undefined when the account's limit is reached. */
  accept(wish: Extract<Say, { do: "accept" }>, signal: AbortSignal): Promise<string | undefined>
  say(message: Say): void
  /** Milliseconds that the slowest answer of a living studio took. */
  slowest(): number
  /** Answers that a job could not be stored and has to be sent again. */
  refused(): number
  /** Process ids of its workers. */
  workers(): number[]
  kill(): Promise<void>
  start(change?: Partial<Order>): Promise<void>
}

export async function startStudio(order: Order): Promise<StudioProcess> {
  let child: ChildProcess | undefined
  let slowest = 0
  let refused = 0
  const waiting = new Map<string, (told: Told) => void>()

  const start = async (change: Partial<Order> = {}) => {
    const started = fork(SCRIPT, [], { execPath: process.execPath, execArgv: [], stdio: ["ignore", 2, 2, "ipc"] })
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
    started.on("message", (told: Told) => ("key" in told ? waiting.get(told.key)?.(told) : resolve()))
    started.once("exit", () => reject(new Error("the studio ended while it started")))
    started.on("error", () => undefined)
    started.send({ ...order, ...change }, () => undefined)
    const late = setTimeout(() => reject(new Error("the studio did not start")), READY_MS)
    await ready.finally(() => clearTimeout(late))
    child = started
  }
  const kill = async () => {
    const dying = child
    child = undefined
    if (!dying || dying.exitCode !== null || dying.signalCode !== null) return
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    dying.once("exit", () => resolve())
    dying.kill("SIGKILL")
    await ended
  }
  const once = async (wish: Extract<Say, { do: "accept" }>): Promise<Told | undefined> => {
    const asked = child
    if (!asked?.connected) return undefined
    const { promise, resolve } = Promise.withResolvers<Told | undefined>()
    waiting.set(wish.key, resolve)
    const began = performance.now()
    asked.send(wish, () => undefined)
    const late = setTimeout(() => resolve(undefined), ANSWER_MS)
    const told = await promise
    clearTimeout(late)
    waiting.delete(wish.key)
    if (child === asked) slowest = Math.max(slowest, performance.now() - began)
    return told
  }
  await start()
  return {
    accept: async (wish, signal) => {
      for (;;) {
        signal.throwIfAborted()
        const told = await once(wish)
        if (told && "id" in told) return told.id
        if (told && "denied" in told) return undefined
        if (told) refused++
        await sleep(AGAIN_MS, undefined, { signal })
      }
    },
    say: (message) => void child?.send(message, () => undefined),
    slowest: () => slowest,
    refused: () => refused,
    workers: () => childrenOf(child?.pid),
    kill,
    start,
  }
}

function childrenOf(pid: number | undefined): number[] {
  if (pid === undefined) return []
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number)
  } catch {
    return [] // it has just ended
  }
}

/** False when it ended by itself in between. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
