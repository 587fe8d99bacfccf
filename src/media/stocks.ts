import { readInventory } from "#src/media/inventory.ts"
import type { Inventory } from "#src/media/inventory.ts"
import type { Servers, ServerView } from "#src/studio.ts"

/** The part of the server registry that choosing needs. */
export type KnownServers = Pick<Servers, "list" | "inventory" | "match">

/** The servers with what they have, read once for as many choices as are to be made. */
export interface Stocks {
  servers: KnownServers
  all: readonly Stock[]
}

export interface Stock {
  server: ServerView
  files: Inventory
}

/** Ready servers first, so that a run starts at once where several have the files. */
export function takeStock(servers: KnownServers): Stocks {
  const rank = { ready: 0, busy: 1, resting: 2, draining: 3, down: 4, new: 5 }
  return {
    servers,
    all: servers
      .list()
      .toSorted((a, b) => rank[a.state] - rank[b.state])
      .map((server) => ({ server, files: readInventory(servers.inventory(server.id)) })),
  }
}
