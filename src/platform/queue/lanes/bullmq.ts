import type { Logger } from "pino"
import type { Consumer, LaneEvent, LaneTransport } from "#src/platform/queue/lane.ts"
import type { Connect } from "#src/platform/queue/lanes/bullmq.client.ts"
import { keysOf } from "#src/platform/queue/lanes/bullmq.entry.ts"

export interface BullmqLaneOptions {
  /** redis:// or rediss://. */
  url: string
  /** Before all keys, so that several studios can share a Redis. */
  prefix: string
  log: Logger
  /** Tells this studio from another one that was given the same prefix by mistake. Whoever only works needs none. */
  studio?: string
  /** Where this studio can be reached, for workers that want to know before their first job. */
  address?: () => string
  connect?: Connect
}

export interface BullmqLane extends LaneTransport {
  /** Where the studio whose jobs these are can be reached; undefined when it has not said so. Throws LaneDown. */
  address(): Promise<string | undefined>
}

/**
 * The lane driver for remote workers: lanes are queues of BullMQ in Redis. The libraries are loaded with the first call. Redis
 * holds nothing that cannot be made again from the job rows: what it loses is offered again or counts as a lost run.
 */
export function createBullmqLane(options: BullmqLaneOptions): BullmqLane {
  const keys = keysOf(options.prefix)
  const listeners = new Set<(event: LaneEvent) => void>()
  const consumers = new Set<Consumer>()
  const emit = (event: LaneEvent) => {
    for (const listener of listeners) listener(event)
  }
  const open = async () => {
    const [{ createLaneServer }, { startConsumer }, { createEars }, { patientClient }] = await Promise.all([
      import("#src/platform/queue/lanes/bullmq.server.ts"),
      import("#src/platform/queue/lanes/bullmq.consumer.ts"),
      import("#src/platform/queue/lanes/bullmq.hints.ts"),
      import("#src/platform/queue/lanes/bullmq.client.ts"),
    ])
    const ears = createEars(keys, () => patientClient(options.url, options.connect))
    let server: ReturnType<typeof createLaneServer> | undefined
    return {
      ears,
      startConsumer,
      /** Its connection opens with the first call: whoever only works needs none. */
      server: () =>
        (server ??= createLaneServer({
          ...options,
          keys,
          studio: options.studio ?? "",
          address: options.address ?? (() => ""),
          onStalled: ({ jobId, attempt }) => emit({ kind: "stalled", jobId, attempt }),
        })),
      close: () => {
        ears.close()
        server?.close()
      },
    }
  }
  let opening: ReturnType<typeof open> | undefined
  const opened = () => (opening ??= open())
  const server = async () => (await opened()).server()
  let hearing: Promise<void> | undefined

  return {
    offer: async (lane, offer) => (await server()).offer(lane, offer),
    withdraw: async (jobId, attempt) => (await server()).withdraw(jobId, attempt),
    signalCancel: async (jobId, reason) => (await server()).signalCancel(jobId, reason),
    inspect: async (lane) => (await server()).inspect(lane),
    health: async () => (await server()).health(),
    address: async () => (await server()).address(),
    consume: async (lane, handler, { slots, leaseMs }) => {
      const { ears, startConsumer } = await opened()
      const consumer = startConsumer({ ...options, keys, ears, lane, handler, slots, leaseMs })
      consumers.add(consumer)
      return consumer
    },
    subscribe: (listener) => {
      listeners.add(listener)
      // That the libraries cannot be loaded is told by the calls.
      hearing ??= opened().then(
        ({ ears }) => void ears.onHint(emit),
        () => undefined,
      )
      return () => listeners.delete(listener)
    },
    close: async () => {
      await Promise.all([...consumers].map((consumer) => consumer.stop({ graceMs: 0 })))
      if (opening) (await opening).close()
    },
  }
}
