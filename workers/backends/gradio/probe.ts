import type { ServerRef } from "#src/job.ts"
import type { Probe } from "#workers/backend.ts"
import type { GradioApp } from "#workers/backends/gradio/app.ts"
import { appOf } from "#workers/backends/gradio/settings.ts"
import { configOf, queueSize, type AppConfig } from "#workers/backends/gradio/wire.ts"
import { serverWords } from "#workers/backends/shared/failure.ts"
import { probed } from "#workers/backends/shared/probe.ts"

const WITHIN_MS = 4_000

export async function probe(server: ServerRef, signal: AbortSignal): Promise<Probe> {
  const wire = { server, signal: AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]) }
  return probed(async () => {
    const app = appOf(server.settings)
    const config = await configOf(wire, WITHIN_MS - 500)
    const about = {
      version: config.version,
      ...(config.app_id === null || config.app_id === undefined ? {} : { instanceId: String(config.app_id) }),
    }
    const problem = misfit(app, config)
    if (problem) return { ok: false, detail: problem, ...about }
    const busy = await queueSize(wire, config.api_prefix, WITHIN_MS - 500)
    const detail = `${app.title} on Gradio ${serverWords(config.version)}`
    return { ok: true, detail, ...about, ...(busy === undefined ? {} : { busy }) }
  })
}

/** Why a description cannot drive the app that is there; undefined when it can, as far as that is visible. */
export function misfit(app: GradioApp, { dependencies }: AppConfig): string | undefined {
  const there = new Map(dependencies.flatMap((it) => (it.api_name ? [[it.api_name, it.inputs.length]] : [])))
  for (const { fn, inputs } of app.calls) {
    const count = there.get(fn)
    if (count === undefined) {
      const names = [...there.keys()]
        .slice(0, 20)
        .map((it) => serverWords(it))
        .join(", ")
      return `the app there is not ${app.title} as described: it has no function ${fn}; it has ${names || "none"}`
    }
    if (count !== inputs.length)
      return `the app there is not ${app.title} as described: ${fn} takes ${count} values, and ${inputs.length} are described`
  }
  return undefined
}
