import type { ServerRef } from "#src/job.ts"
import type { Probe } from "#workers/backend.ts"
import { hunyuanSettings } from "#workers/backends/hunyuan3d/settings.ts"
import { statusOf, workerId, type Wire } from "#workers/backends/hunyuan3d/wire.ts"
import { NoAnswer } from "#workers/backends/shared/failure.ts"
import { probed } from "#workers/backends/shared/probe.ts"

const WITHIN_MS = 2_000

/**
 * While either server makes a shape by /generate it answers nothing else, though the system goes on taking connections for
 * it. Such a silence is taken for work: a server that really hangs is found by the deadline of its runs.
 */
export async function probe(server: ServerRef, signal: AbortSignal): Promise<Probe> {
  const wire = { server, signal: AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]) }
  return probed(async () => {
    try {
      return await look(wire)
    } catch (error) {
      if (!(error instanceof NoAnswer && error.timedOut && error.reached)) throw error
      return { ok: true, detail: "it makes a shape and answers nothing meanwhile, or it hangs", busy: 1 }
    }
  })
}

async function look(wire: Wire): Promise<Probe> {
  const { version: named } = hunyuanSettings.parse(wire.server.settings)
  const id = await workerId(wire, WITHIN_MS - 500)
  const version = id === undefined ? "2" : "2.1"
  if (named !== "auto" && named !== version)
    return { ok: false, detail: `it is Hunyuan3D-${version}, but its settings say ${named}`, version }
  if (id !== undefined) return { ok: true, detail: `Hunyuan3D-2.1, worker ${id}`, instanceId: id, version }
  // Any name is "processing" there: the answer shows what kind of server it is.
  const { status } = await statusOf(wire, "atelier", 1024)
  return status === "processing"
    ? { ok: true, detail: "Hunyuan3D-2", version }
    : { ok: false, detail: "it is no Hunyuan3D server" }
}
