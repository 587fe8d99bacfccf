import { randomUUID } from "node:crypto"
import type { ServerResponse } from "node:http"
import { makeGlb } from "#tests/servers/glb.ts"
import { readJson, sendBytes, sendJson, serveLocally, type Seen } from "#tests/servers/local.ts"

export interface MeshyServer {
  url: string
  seen: Seen[]
  /** What creating tasks answers next instead. */
  next(...answers: { status: number; message: string; headers?: Record<string, string> }[]): void
  /** The next task is created, and the answer gets lost. */
  loseNext(): void
  /** How the next task ends. */
  fail(message: string): void
  /** Where finished models lie from now on. */
  modelsAt(url: (path: string) => string): void
  /** Addresses of models that were given so far stop working. */
  expireLinks(): void
  forget(): void
  setBalance(credits: number): void
  /** Tasks that were made, as "mode" or "image", in order. */
  tasks(): string[]
  close(): Promise<void>
}

interface Task {
  room: string
  mode: string
  asked: number
  failure: string | undefined
}

/** Meshy's cloud by its documentation: tasks that wait, run and end; the progress moves with each question. */
export async function startMeshy(key: string): Promise<MeshyServer> {
  const tasks = new Map<string, Task>()
  const made: string[] = []
  const links = new Set<string>()
  let scripted: { status: number; message: string; headers?: Record<string, string> }[] = []
  let isLost = false
  let failure: string | undefined
  let modelUrl: ((path: string) => string) | undefined
  let credits = 1_000

  const create = (room: string, body: Record<string, unknown>, response: ServerResponse) => {
    const mode = room === "v1/image-to-3d" ? "image" : String(body["mode"])
    const problem = faultOf(mode, body)
    if (problem) return sendJson(response, 400, { message: problem })
    const id = randomUUID()
    tasks.set(id, { room, mode, asked: 0, failure })
    made.push(mode)
    failure = undefined
    if (!isLost) return sendJson(response, 202, { result: id })
    isLost = false
    response.destroy()
    return
  }

  const faultOf = (mode: string, body: Record<string, unknown>): string | undefined => {
    if (mode === "image" && !/^data:image\/(png|jpeg);base64,/.test(String(body["image_url"])))
      return "Invalid values: ImageURL must be a valid url or base64 encoded image"
    if (mode === "preview" && typeof body["prompt"] !== "string") return "Invalid values: Prompt is required"
    if (mode !== "refine") return undefined
    const preview = tasks.get(String(body["preview_task_id"]))
    return preview && preview.asked > 2 ? undefined : "Invalid values: PreviewTaskID: task is not finished"
  }

  const read = (id: string, task: Task, response: ServerResponse) => {
    task.asked++
    const common = { id, type: task.mode, created_at: 1_764_000_000_000, task_error: { message: "" }, model_urls: {} }
    if (task.asked === 1)
      return sendJson(response, 200, { ...common, status: "PENDING", progress: 0, preceding_tasks: 2 })
    if (task.asked === 2) return sendJson(response, 200, { ...common, status: "IN_PROGRESS", progress: 40 })
    if (task.failure !== undefined)
      return sendJson(response, 200, {
        ...common,
        status: "FAILED",
        progress: 40,
        task_error: { message: task.failure },
      })
    const path = `/assets/${randomUUID()}/model.glb?Expires=1764&Signature=s1gned`
    links.add(path)
    const glb = modelUrl?.(path) ?? `${server.url}${path}`
    return sendJson(response, 200, {
      ...common,
      status: "SUCCEEDED",
      progress: 100,
      model_urls: { glb, fbx: "" },
      consumed_credits: task.mode === "refine" ? 10 : 20,
    })
  }

  const server = await serveLocally((seen, response) => {
    if (seen.path.startsWith("/assets/"))
      return links.has(seen.path)
        ? sendBytes(response, makeGlb())
        : sendJson(response, 403, { message: "AccessDenied" })
    if (seen.headers.authorization !== `Bearer ${key}`) return sendJson(response, 401, { message: "Invalid API key" })
    if (seen.path === "/openapi/v1/balance") return sendJson(response, 200, { balance: credits })
    const [, room, id] = /^\/openapi\/(v1\/image-to-3d|v2\/text-to-3d)(?:\/([\w-]+))?$/.exec(seen.path) ?? []
    if (!room) return sendJson(response, 404, { message: "Not Found" })
    if (seen.method === "POST") {
      const answer = scripted.shift()
      if (answer) return sendJson(response, answer.status, { message: answer.message }, answer.headers)
      return create(room, readJson(seen), response)
    }
    const task = tasks.get(id ?? "")
    if (!id || task?.room !== room) return sendJson(response, 404, { message: "Task not found" })
    if (seen.method === "GET") return read(id, task, response)
    if (task.asked === 2) return sendJson(response, 400, { message: "Task is in progress and can not be deleted" })
    tasks.delete(id)
    return sendJson(response, 200, {})
  })
  return {
    url: server.url,
    seen: server.seen,
    next: (...answers) => void (scripted = answers),
    loseNext: () => void (isLost = true),
    fail: (message) => void (failure = message),
    modelsAt: (url) => void (modelUrl = url),
    expireLinks: () => links.clear(),
    forget: () => tasks.clear(),
    setBalance: (value) => void (credits = value),
    tasks: () => made,
    close: server.close,
  }
}
