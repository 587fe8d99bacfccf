import { buildGraph } from "#src/media/graphs/build.ts"
import { requirementsOf } from "#src/media/graphs/signature.ts"
import type { KnownServers } from "#src/media/stocks.ts"
import { matchServers } from "#src/platform/servers/match.ts"
import type { ServerView } from "#src/studio.ts"
import { allCases, orderOf } from "#tests/media/orders.ts"
import { nodeClasses } from "#tests/servers/comfyui/object-info.ts"

interface Stocked {
  name: string
  kind?: string
  state?: ServerView["state"]
  vramMb?: number
  /** Files as "folder/name". */
  files?: string[]
  without?: string[]
}

/** Servers as the registry knows them after a probe, over the real matching. */
export function knownServers(stocked: readonly Stocked[]): KnownServers {
  const servers = stocked.map(({ name, kind = "comfyui", state = "ready", vramMb, files = [], without = [] }) => {
    const nodes = nodeClasses().filter((node) => !without.includes(node))
    const own = kind === "comfyui" ? nodes.map((node) => `node:${node}`) : []
    const inventory = state === "new" ? [] : [...own, ...files]
    return { id: `srv_${name}`, name, kind, state, inventory, ...(vramMb === undefined ? {} : { vramMb }) }
  })
  const common = {
    url: "http://127.0.0.1:1",
    detail: "",
    slots: 1,
    running: 0,
    waiting: 0,
    warm: [],
    runsDone: 0,
    runsFailed: 0,
  }
  return {
    list: () => servers.map(({ id, name, kind, state }) => ({ id, name, kind, state, ...common })),
    inventory: (id) => servers.find((server) => server.id === id)?.inventory ?? [],
    match: (needs) =>
      matchServers(
        needs,
        servers.map(({ inventory, state, ...server }) => ({
          ...server,
          detail: "",
          known: state !== "new",
          slots: 1,
          inFlight: 0,
          has: (name: string) => inventory.length === 0 || inventory.includes(name),
          warm: [],
          open: state === "ready" || state === "busy",
        })),
      ),
  }
}

/** The files, "folder/name", that a case of a preset loads. */
export function filesFor(caseName: string): string[] {
  const found = allCases().find((it) => it.name === caseName)
  if (!found) throw new Error(`no case "${caseName}"`)
  return requirementsOf(buildGraph(orderOf(found))).filter((name) => !name.startsWith("node:"))
}
