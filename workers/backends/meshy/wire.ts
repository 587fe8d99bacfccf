import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"
import type { Link } from "#workers/backend.ts"
import { meshySettings } from "#workers/backends/meshy/order.ts"
import { serverWords, type Refusal } from "#workers/backends/shared/failure.ts"
import { ask, askJson, parseJson, trustedUrl } from "#workers/backends/shared/http.ts"
import { keyOf } from "#workers/backends/shared/key.ts"
import { patiently } from "#workers/backends/shared/patience.ts"

/** Where tasks of a kind live. */
export type Room = "v1/image-to-3d" | "v2/text-to-3d"

export interface Wire {
  server: ServerRef
  signal: AbortSignal
}

const taskId = z.string().regex(/^[\w-]{1,100}$/)

const task = z.object({
  id: taskId,
  status: z.string().max(40),
  /** 0…100 */
  progress: z.number().nullish(),
  /** Tasks before this one, while it waits. */
  preceding_tasks: z.number().nullish(),
  model_urls: z.object({ glb: z.string().max(4_000).nullish() }).nullish(),
  task_error: z.object({ message: z.string().max(20_000).nullish() }).nullish(),
  consumed_credits: z.number().nullish(),
})
export type Task = z.output<typeof task>

const ASKS_WITHIN_MS = 60_000
const FETCH_MS = 600_000
const SILENCE_MS = 60_000

/** Creates a task and gives its id. It costs credits, so it is never sent again on the suspicion that it got lost. */
export async function createTask(link: Link, room: Room, body: object): Promise<string> {
  const { server, signal } = link
  const { patienceS } = meshySettings.parse(server.settings)
  const created = await patiently(link, patienceS * 1000, () =>
    askJson(z.object({ result: taskId }), {
      server,
      signal,
      path: `openapi/${room}`,
      key: keyOf(server),
      body: { json: body },
      timeoutMs: ASKS_WITHIN_MS * 2,
      onLost: "fatal",
    }),
  )
  return created.result
}

/** Undefined when the service does not know the task (any more): it keeps tasks for some days. */
export async function readTask({ server, signal }: Wire, room: Room, id: string): Promise<Task | undefined> {
  const request = { server, signal, path: `openapi/${room}/${id}`, key: keyOf(server), timeoutMs: ASKS_WITHIN_MS }
  const { status, bytes } = await ask({ ...request, expected: [404] })
  return status === 404 ? undefined : parseJson(task, server, bytes)
}

/** Deletes a task: a waiting one is stopped and its credits come back; a running one is refused and goes on, paid. */
export async function deleteTask({ server, signal }: Wire, room: Room, id: string): Promise<void> {
  const request = { server, signal, path: `openapi/${room}/${id}`, method: "DELETE" as const, key: keyOf(server) }
  await ask({ ...request, timeoutMs: 1_000, expected: [400, 404, 405, 409, 422] })
}

/** Credits of the account. */
export async function balance({ server, signal }: Wire, timeoutMs: number): Promise<number> {
  const shape = z.object({ balance: z.number() })
  return (await askJson(shape, { server, signal, path: "openapi/v1/balance", key: keyOf(server), timeoutMs })).balance
}

/** Fetches a finished model: its address is good for a while only, and needs no key. */
export async function fetchModel(link: Link, { model_urls: urls }: Task): Promise<Uint8Array<ArrayBuffer>> {
  const { server, signal, maxBytes } = link
  const { modelHosts } = meshySettings.parse(server.settings)
  if (!urls?.glb) throw new BackendError(server.name, "it finished without a GLB", "transient")
  const url = trustedUrl(server, urls.glb, modelHosts)
  if (!url) {
    const host = serverWords(URL.parse(urls.glb)?.host ?? "nowhere").slice(0, 100)
    throw new BackendError(
      server.name,
      `its model lies on ${host}, and is not fetched from there: name the host in modelHosts of its settings, if it is to be`,
      "fatal",
    )
  }
  const refuse = ({ status }: Refusal) =>
    new BackendError(server.name, `the address of its model does not work (status ${status})`, "transient")
  return (await ask({ server, signal, path: url, timeoutMs: FETCH_MS, silenceMs: SILENCE_MS, maxBytes, refuse })).bytes
}
