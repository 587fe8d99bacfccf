import type { JobNeeds } from "#src/job.ts"
import { blockedReason, serversFor, type BlockedReason } from "#src/platform/queue/schedule.fit.ts"
import type { KnownServer } from "#src/platform/servers/known.ts"
import type { Match } from "#src/studio.ts"

/** Servers that have what the work needs, whether free or not, or why there is none. */
export function matchServers(needs: JobNeeds, servers: readonly KnownServer[]): Match {
  const job = { needs, avoid: {} }
  // A server that never answered is left out: nobody knows what it has. One that is down at the moment counts.
  const able = servers.filter((server) => server.known).map((server) => ({ ...server, open: true }))
  const reason = blockedReason(job, able)
  if (!reason) return { ok: true, servers: serversFor(job, able).map((server) => server.id) }
  const silent = servers.filter((server) => !server.known && needs.kinds.includes(server.kind))
  return {
    ok: false,
    ...(reason.why === "no_server" && silent.length > 0 ? unheard(silent) : inWords(reason, servers)),
  }
}

interface Words {
  problem: string
  hint: string
}

function unheard(servers: readonly KnownServer[]): Words {
  const told = servers.slice(0, 3).map((server) => `${server.name}: ${server.detail || "not asked yet"}`)
  return {
    problem: `No server that can do this has answered so far (${told.join("; ")}).`,
    hint: "Start the server, or have an admin look: atelier server list",
  }
}

const NODE = "node:"
const TOLD = 4

/** A reason for people: what is wrong, and what they or an admin can do. */
export function inWords(reason: BlockedReason, servers: readonly Pick<KnownServer, "id" | "name">[]): Words {
  const nameOf = (id: string) => servers.find((server) => server.id === id)?.name ?? "a server that was removed"
  const namesOf = (ids: readonly string[]) => ids.slice(0, TOLD).map(nameOf).join(", ")
  switch (reason.why) {
    case "no_server":
      return {
        problem: `No server that can do this is connected (${reason.kinds.join(" or ")}).`,
        hint: `An admin can add one: atelier server add NAME ${reason.kinds[0] ?? "KIND"} http://HOST:PORT`,
      }
    case "server_gone":
      return { problem: "The server that it ran on was removed.", hint: "Nothing was charged. Ask for it again." }
    case "missing":
      return {
        problem: `No server has all that this needs. ${nameOf(reason.server)} comes closest; it lacks ${listed(reason.names)}.`,
        hint: "Put the files there (or install the nodes) and probe it again, or choose something else.",
      }
    case "vram":
      return {
        problem: `This needs about ${inGigabytes(reason.needsMb)} of GPU memory; the largest server that could do it has ${inGigabytes(reason.largestMb)}.`,
        hint: "Choose a smaller model or size, or add a larger server.",
      }
    case "capacity":
      return {
        problem: `Every server that could do this ran out of memory with it (${namesOf(reason.servers)}).`,
        hint: "Nothing was charged. Ask for a smaller size, fewer steps or another model.",
      }
    default:
      return {
        problem: `The servers that could do this are not available now (${namesOf(reason.servers)}).`,
        hint: "It starts by itself when one is back.",
      }
  }
}

function listed(names: readonly string[]): string {
  const files = names.filter((name) => !name.startsWith(NODE)).map((file) => `models/${file}`)
  const nodes = names.filter((name) => name.startsWith(NODE)).map((node) => `the node ${node.slice(NODE.length)}`)
  const told = [...files, ...nodes].slice(0, TOLD)
  const more = names.length - told.length
  return `${told.join(", ")}${more > 0 ? ` and ${more} more` : ""}`
}

function inGigabytes(megabytes: number): string {
  return `${(megabytes / 1024).toFixed(megabytes < 10_240 ? 1 : 0)} GB`
}
