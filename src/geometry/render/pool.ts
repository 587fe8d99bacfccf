import { readFile } from "node:fs/promises"
import { Worker } from "node:worker_threads"
import type { PartRange } from "./scene.ts"
import type { ThreadData } from "./thread.ts"
import * as at from "./tracer/assembly/header.ts"

const PAGE = 65_536
/** Memory above this is given back after the picture that needed it. */
const KEPT_BYTES = 384 * 1024 * 1024

/** The render threads over one shared memory; draws one picture at a time. */
export interface Pool {
  memory: WebAssembly.Memory
  /** The shared header as words (integers) of the current memory. */
  header(): Int32Array
  reserve(bytes: number): void
  /** Starts this many threads on the picture laid out in memory; resolves when all have finished. */
  run(threads: number, parts: readonly PartRange[]): Promise<void>
  /** A thread has failed, or memory has grown beyond what should stay. */
  spent(): boolean
  close(): Promise<void>
}

async function openPool(): Promise<Pool> {
  const module = await WebAssembly.compile(await readFile(new URL("./tracer/tracer.wasm", import.meta.url)))
  const memory = new WebAssembly.Memory({ initial: 32, maximum: 65_536, shared: true })
  const workers: Worker[] = []
  let broken = false
  return {
    memory,
    header: () => new Int32Array(memory.buffer, at.HEADER_ADDRESS, at.HEADER_BYTES / 4),
    reserve: (bytes) => {
      const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE)
      if (missing > 0) memory.grow(missing)
    },
    run: async (threads, parts) => {
      while (workers.length < threads) workers.push(startThread({ module, memory, index: workers.length }))
      broken = true
      await Promise.all(workers.slice(0, threads).map((worker) => runThread(worker, parts)))
      broken = false
    },
    spent: () => broken || memory.buffer.byteLength > KEPT_BYTES,
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

function startThread(workerData: ThreadData): Worker {
  const worker = new Worker(new URL("./thread.ts", import.meta.url), { workerData, name: `render-${workerData.index}` })
  worker.unref()
  // Failures are reported to the picture that is being drawn, by runThread.
  worker.on("error", () => {})
  return worker
}

function runThread(worker: Worker, parts: readonly PartRange[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const failed = (error: unknown) => reject(error)
  const exited = (code: number) => reject(new Error(`a render thread ended with code ${code}`))
  worker.once("message", () => resolve())
  worker.once("error", failed)
  worker.once("exit", exited)
  // Only a working thread keeps the process alive.
  worker.ref()
  worker.postMessage(parts, [])
  return promise.finally(() => {
    worker.unref()
    worker.removeAllListeners("message")
    worker.off("error", failed)
    worker.off("exit", exited)
  })
}

/** The process keeps one pool, because starting threads and compiling cost more than a small picture. */
const kept: { pool: Promise<Pool> | undefined; last: Promise<unknown> } = { pool: undefined, last: Promise.resolve() }

/** Runs `draw` when the pool is free. A failure inside a thread closes the pool; the next picture gets a new one. */
export function withPool<T>(draw: (pool: Pool) => Promise<T>): Promise<T> {
  const turn = kept.last.then(async () => {
    kept.pool ??= openPool()
    const pool = await kept.pool
    try {
      return await draw(pool)
    } finally {
      if (pool.spent()) await discardPool()
    }
  })
  kept.last = turn.catch(() => {})
  return turn
}

/** Ends the render threads once the pictures that were asked for before are drawn; a later picture starts new ones. */
export function closePool(): Promise<void> {
  const turn = kept.last.then(discardPool)
  kept.last = turn.catch(() => {})
  return turn
}

async function discardPool(): Promise<void> {
  const pool = kept.pool
  kept.pool = undefined
  await (await pool?.catch(() => undefined))?.close()
}
