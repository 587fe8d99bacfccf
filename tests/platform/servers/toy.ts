import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { z } from "zod"
import { defineBackend, type Backend, type Probe } from "#workers/backend.ts"

/** What a toy server says of itself; a test changes it while it runs. */
export interface Toy {
  url: string
  says: Partial<Probe>
  freed: number
  close(): Promise<void>
}

/** A server over a real socket that answers GET / with what the test wants it to say of itself. */
export async function startToy(says: Partial<Probe> = {}): Promise<Toy> {
  const server: Server = createServer((request, response) => {
    if (request.url === "/free") toy.freed++
    response.setHeader("content-type", "application/json")
    response.end(JSON.stringify(toy.says))
  })
  const listening = Promise.withResolvers<void>()
  server.listen(0, "127.0.0.1", () => listening.resolve())
  await listening.promise
  const { port } = server.address() as AddressInfo // a TCP server has an address of this shape
  const toy: Toy = {
    url: `http://127.0.0.1:${port}`,
    says,
    freed: 0,
    close: async () => {
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      server.closeAllConnections()
      await closed.promise
    },
  }
  return toy
}

/** The back end that speaks to toys. */
export const toyBackend: Backend = defineBackend({
  describe: () => ({
    kind: "toy",
    title: "Toy",
    makes: ["image"],
    progress: "none",
    cancel: "none",
    resumable: false,
    slots: 2,
    licenceNote: "Only for play.",
  }),
  order: z.object({}),
  handle: z.object({}),
  settings: z.object({ colour: z.enum(["red", "blue"]).default("red") }),
  probe: async (server, signal) => {
    const answer = await fetch(server.url, { signal })
    return { ok: true, detail: "plays", ...((await answer.json()) as Partial<Probe>) } // the toy of this file
  },
  start: () => Promise.resolve({ made: { files: [], effective: {} } }),
  resume: () => Promise.resolve(undefined),
  poll: () => Promise.resolve({ state: "lost", why: "a toy keeps nothing" }),
  cancel: () => Promise.resolve(),
  pollEveryMs: 10,
  models: () => Promise.resolve({ checkpoints: ["a.safetensors", "b.safetensors"] }),
  free: async (server, signal) => {
    await fetch(`${server.url}/free`, { signal })
  },
})
