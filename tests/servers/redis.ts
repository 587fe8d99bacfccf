import { spawn, spawnSync } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { connect, createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

/** Debian and Ubuntu have it as the package redis-server. */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0

export interface TestRedis {
  url: string
  port: number
  /** kill -9, as the machine would do it. */
  kill(): Promise<void>
  /** Again on the same port and with the same files, unless they are to be forgotten. */
  start(options?: { forget?: boolean }): Promise<void>
  /** Stands still (SIGSTOP) and goes on. */
  freeze(on: boolean): void
  close(): Promise<void>
}

/** A Redis of its own, in a folder of its own, on a free port of this machine; it writes its log at once, as far as it may. */
export async function startRedis(options: { running?: boolean; args?: string[] } = {}): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-redis-"))
  const port = await freePort()
  let child: ChildProcess | undefined
  let ended = Promise.resolve()
  const start = async ({ forget = false } = {}) => {
    if (forget) await rm(join(folder, "appendonlydir"), { recursive: true, force: true })
    const base = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes"]
    const started = spawn("redis-server", [...base, "--appendfsync", "always", ...(options.args ?? [])], {
      stdio: "ignore",
    })
    child = started
    const { promise, resolve } = Promise.withResolvers<void>()
    ended = promise
    started.once("exit", () => resolve())
    await answering(port)
  }
  const kill = async () => {
    child?.kill("SIGKILL")
    await ended
  }
  if (options.running !== false) await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    kill,
    start,
    freeze: (on) => child?.kill(on ? "SIGSTOP" : "SIGCONT"),
    close: async () => {
      await kill()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, "127.0.0.1", resolve)
  await promise
  const { port } = server.address() as AddressInfo // a TCP server has an address of this shape
  server.close()
  return port
}

async function answering(port: number): Promise<void> {
  for (let round = 0; round < 200; round++) {
    if (await answers(port)) return
    await sleep(20)
  }
  throw new Error(`redis-server on port ${port} does not answer`)
}

async function answers(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"))
  socket.once("data", (data) => resolve(data.toString().startsWith("+PONG")))
  socket.once("error", () => resolve(false))
  try {
    return await promise
  } finally {
    socket.destroy()
  }
}
