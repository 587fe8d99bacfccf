import type { Check, Servers } from "#src/studio.ts"

/** One line for each server, or that there is none. */
export function serverChecks(servers: Pick<Servers, "list">): Check[] {
  const views = servers.list()
  if (views.length === 0)
    return [
      {
        name: "servers",
        state: "absent",
        detail: "none: no pictures, video and 3D models from models",
        hint: "Add one: atelier server add NAME comfyui http://HOST:8188",
      },
    ]
  return views.map(({ name, kind, url, state, detail }): Check => {
    const isWell = state === "ready" || state === "busy" || state === "draining"
    return {
      name: `server ${name}`,
      state: isWell ? "ok" : "failing",
      detail: `${kind}, ${state}: ${detail || "not asked yet"}`,
      ...(isWell ? {} : { hint: `Look whether ${url} answers, or remove it: atelier server remove ${name}` }),
    }
  })
}
