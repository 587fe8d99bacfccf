import { z } from "zod"
import type { ServerRef } from "#src/job.ts"
import type { Probe } from "#workers/backend.ts"
import { send, type Wire } from "#workers/backends/openai/wire.ts"
import { parseJson } from "#workers/backends/shared/http.ts"
import { probed } from "#workers/backends/shared/probe.ts"

const WITHIN_MS = 4_000
const list = z.object({ data: z.array(z.object({ id: z.string() })).max(5_000) })
/** What can be ordered; a name of another form could not. */
const NAME = /^[\w.:@/+-]{1,200}$/

export function probe(server: ServerRef, signal: AbortSignal): Promise<Probe> {
  return probed(async () => {
    const ids = await modelsOf({ server, signal: AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]) })
    if (!ids) return { ok: true, detail: "it answers, and does not list its models" }
    const detail = `${ids.length} ${ids.length === 1 ? "model" : "models"}: ${ids.slice(0, 5).join(", ")}${ids.length > 5 ? ", …" : ""}`
    return { ok: true, detail, inventory: ids.map((id) => `models/${id}`) }
  })
}

/** Names of its models; undefined for a server that does not list them (some that only speak do not). */
export async function modelsOf(wire: Wire): Promise<string[] | undefined> {
  const { status, bytes } = await send(wire, { path: "models", timeoutMs: WITHIN_MS, expected: [404, 405] })
  if (status >= 300) return undefined
  return parseJson(list, wire.server, bytes)
    .data.map((it) => it.id)
    .filter((id) => NAME.test(id))
}
