import { connect } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import type { StudioProcess } from "#tests/chaos/world.ts"
import { signalProcess } from "#tests/chaos/world.ts"
import type { ComfyUi } from "#tests/servers/comfyui/server.ts"
import type { TestRedis } from "#tests/servers/redis.ts"

/** What a fault may do harm to. */
export interface World {
  studio: StudioProcess
  redis: TestRedis | undefined
  servers: readonly ComfyUi[]
  leaseMs: number
  random(): number
  signal: AbortSignal
}

/** Something that goes wrong in the middle of a drill, and ends again. */
export interface Fault {
  name: string
  /** Only with Redis. */
  redis?: boolean
  /** Its work is done by servers. */
  servers?: boolean
  /** Redis is not there yet when the studio starts; `strike` starts it. */
  startsDown?: boolean
  /** Strikes while jobs are accepted, not only when they run. */
  early?: boolean
  /** Once, while jobs are accepted and run. */
  strike(world: World): Promise<void>
}

export const faults: readonly Fault[] = [
  {
    name: "redis-restart",
    redis: true,
    strike: async ({ redis, signal }) => {
      await redis?.kill()
      await sleep(500, undefined, { signal })
      await redis?.start()
    },
  },
  {
    name: "redis-down",
    redis: true,
    startsDown: true,
    strike: async ({ redis, signal }) => {
      await sleep(3_000, undefined, { signal })
      await redis?.start()
    },
  },
  {
    name: "redis-oom",
    redis: true,
    strike: async ({ redis, signal }) => {
      await redisCommand(redis, "CONFIG SET maxmemory 1")
      await sleep(2_000, undefined, { signal })
      await redisCommand(redis, "CONFIG SET maxmemory 0")
    },
  },
  {
    name: "gpu-die",
    servers: true,
    strike: async ({ servers, random, signal }) => {
      const victim = servers[Math.floor(random() * servers.length)]
      await victim?.kill()
      await sleep(1_000, undefined, { signal })
      await victim?.start()
    },
  },
  { name: "ws-cut", servers: true, strike: async ({ servers }) => each(servers, (server) => server.cutSockets()) },
  {
    name: "ws-silent",
    servers: true,
    strike: ({ servers, signal }) => during(servers, signal, (server, on) => (server.faults.silent = on)),
  },
  // Half of a file, of whatever kind the drill makes.
  {
    name: "truncated-glb",
    servers: true,
    strike: ({ servers, signal }) =>
      during(servers, signal, (server, on) => (server.faults.view = on ? "half" : undefined)),
  },
  {
    name: "sigstop",
    strike: async ({ studio, leaseMs, signal }) => {
      const victims = studio.workers().filter((worker) => signalProcess(worker, "SIGSTOP"))
      const wake = () => victims.forEach((victim) => signalProcess(victim, "SIGCONT"))
      await sleep(leaseMs * 2, undefined, { signal }).finally(wake)
    },
  },
  {
    name: "disk-full",
    early: true,
    strike: async ({ studio, signal }) => {
      await studio.kill()
      // No page more than there are: whatever needs one fails.
      await studio.start({ maxPages: 1 })
      await sleep(2_000, undefined, { signal })
      await studio.kill()
      await studio.start()
    },
  },
  {
    name: "clock-jump",
    strike: async ({ studio, signal }) => {
      for (const hours of [1, -1, 0]) {
        studio.say({ do: "clock", offsetMs: hours * 3_600_000 })
        await sleep(700, undefined, { signal })
      }
    },
  },
]

async function each(servers: readonly ComfyUi[], work: (server: ComfyUi) => void): Promise<void> {
  for (const server of servers) work(server)
  await Promise.resolve()
}

async function during(
  servers: readonly ComfyUi[],
  signal: AbortSignal,
  set: (server: ComfyUi, on: boolean) => void,
): Promise<void> {
  for (const server of servers) set(server, true)
  await sleep(1_500, undefined, { signal }).finally(() => servers.forEach((server) => set(server, false)))
}

/** One command over the plain protocol: the drill needs no client library. */
async function redisCommand(redis: TestRedis | undefined, command: string): Promise<void> {
  if (!redis) return
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect(redis.port, "127.0.0.1", () => socket.write(`${command}\r\n`))
  socket.once("data", () => resolve())
  socket.once("error", reject)
  await promise.finally(() => socket.destroy())
}
