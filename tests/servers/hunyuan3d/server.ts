import { randomUUID } from "node:crypto"
import type { ServerResponse } from "node:http"
import { makeGlb } from "#tests/servers/glb.ts"
import { readJson, sendBytes, sendHalf, sendJson, serveLocally, type Seen } from "#tests/servers/local.ts"

/** How a run goes that would go well without it. */
export type Mishap =
  | "crash" // the thread dies: the status stays as it is, for ever
  | "no texture" // painting fails: 2.1 says "texturing" for ever, version 2 "processing"
  | "lost reply" // it starts, but the answer with its name never arrives
  | "torn file" // it is seen while it is being written
  | "broken file" // it was written, and is no model
  | "unreadable" // 2.1 cannot read its own file back

interface Run {
  mishap: Mishap | undefined
  /** Times it was asked about. */
  asked: number
  texture: boolean
  type: string
  wiped: boolean
}

export interface HunyuanServer {
  url: string
  seen: Seen[]
  /** The next run has this mishap. */
  next(mishap: Mishap): void
  /** The process is started anew: its threads are gone, and 2.1 wipes its folder. */
  restart(): void
  /** /generate goes on until this is called; without `hold` it ends at once. */
  hold(): void
  release(): void
  /** Most runs that were under way at the same time: nothing on the server keeps them apart. */
  mostAtOnce(): number
  runs(): number
  close(): Promise<void>
}

const ERROR = {
  text: "**NETWORK ERROR DUE TO HIGH TRAFFIC. PLEASE REGENERATE OR REFRESH THIS PAGE.**",
  error_code: 1,
}
const SHAPE_AFTER = 1
const DONE_AFTER = 2

/**
 * Hunyuan3D's servers, by the source of api_server.py (2) and of the copies of 2.1: the same requests, answers and failures.
 * A stage takes a number of questions instead of seconds.
 */
export async function startHunyuan(
  version: "2" | "2.1",
  { enableTex = true }: { enableTex?: boolean } = {},
): Promise<HunyuanServer> {
  const runs = new Map<string, Run>()
  let worker = randomUUID().slice(0, 6)
  let mishap: Mishap | undefined
  let gate: PromiseWithResolvers<void> | undefined
  let blocked: Promise<void> | undefined
  let most = 0
  const open = (run: Run) => !run.wiped && run.mishap === undefined && run.asked <= DONE_AFTER
  const takeMishap = () => {
    const taken = mishap
    mishap = undefined
    return taken
  }

  /** The file, or an exception of the pipeline. */
  const pipeline = (body: Record<string, unknown>, how: Mishap | undefined): Uint8Array => {
    if (!/^[A-Za-z0-9+/]+=*$/.test(String(body["image"]))) throw new Error("cannot identify image file")
    if (how === "crash") throw new Error("CUDA out of memory")
    // 2.1 falls back to the bare shape.
    if (body["texture"] === true && version === "2" && (!enableTex || how === "no texture"))
      throw new Error("'ModelWorker' object has no attribute 'pipeline_tex'")
    return how === "broken file" ? new Uint8Array(40) : makeGlb()
  }

  const generate = async (body: Record<string, unknown>, response: ServerResponse) => {
    const how = takeMishap()
    // The pipeline runs inside the event loop: whatever comes meanwhile waits.
    blocked = gate?.promise
    await blocked
    blocked = undefined
    try {
      const bytes = pipeline(body, how)
      if (how === "lost reply") return sendHalf(response, bytes)
      return sendBytes(response, bytes)
    } catch {
      return sendJson(response, 404, ERROR)
    }
  }

  const send = (body: Record<string, unknown>, response: ServerResponse) => {
    const uid = randomUUID()
    const how = takeMishap()
    const texture = body["texture"] === true
    runs.set(uid, {
      mishap: texture && version === "2" && !enableTex ? "no texture" : how,
      asked: 0,
      texture,
      type: typeof body["type"] === "string" ? body["type"] : "glb",
      wiped: false,
    })
    most = Math.max(most, [...runs.values()].filter(open).length)
    if (how === "lost reply") return void response.destroy()
    return sendJson(response, 200, { uid })
  }

  const status = (uid: string, response: ServerResponse) => {
    const run = runs.get(uid)
    if (!run || run.wiped || run.mishap === "crash") return sendJson(response, 200, { status: "processing" })
    run.asked++
    return version === "2" ? statusOf2(run, response) : statusOf21(run, response)
  }

  const statusOf2 = ({ mishap: how, asked, type }: Run, response: ServerResponse) => {
    const isThere = asked > DONE_AFTER && how !== "no texture" && type === "glb"
    if (!isThere) return sendJson(response, 200, { status: "processing" })
    const whole = how === "broken file" ? new Uint8Array(40) : makeGlb()
    const bytes = how === "torn file" && asked === DONE_AFTER + 1 ? whole.subarray(0, 100) : whole
    return sendJson(response, 200, { status: "completed", model_base64: Buffer.from(bytes).toString("base64") })
  }

  const statusOf21 = ({ mishap: how, asked, texture }: Run, response: ServerResponse) => {
    if (asked <= SHAPE_AFTER) return sendJson(response, 200, { status: "processing" })
    // It looks for both files, and writes the second one only when it painted.
    if (!texture || how === "no texture" || asked <= DONE_AFTER) return sendJson(response, 200, { status: "texturing" })
    if (how === "unreadable")
      return sendJson(response, 500, { status: "error", message: "Failed to read generated file" })
    const model = Buffer.from(how === "broken file" ? new Uint8Array(40) : makeGlb()).toString("base64")
    return sendJson(response, 200, { status: "completed", model_base64: model, initial_model_base64: model })
  }

  const server = await serveLocally(async (seen, response) => {
    await blocked
    const [, first, second = ""] = seen.path.split("/")
    if (seen.method === "POST" && (first === "generate" || first === "send")) {
      const body = readJson(seen)
      const faults = version === "2.1" ? outOfRange(body) : []
      if (faults.length > 0) return sendJson(response, 422, { detail: faults })
      return first === "send" ? send(body, response) : generate(body, response)
    }
    if (seen.method === "GET" && first === "status") return status(second, response)
    if (seen.method === "GET" && first === "health" && version === "2.1")
      return sendJson(response, 200, { status: "healthy", worker_id: worker })
    return sendJson(response, 404, { detail: "Not Found" })
  })
  return {
    url: server.url,
    seen: server.seen,
    next: (how) => void (mishap = how),
    restart: () => {
      worker = randomUUID().slice(0, 6)
      for (const run of runs.values()) if (version === "2.1" || run.asked <= DONE_AFTER) run.wiped = true
    },
    hold: () => void (gate = Promise.withResolvers()),
    release: () => {
      gate?.resolve()
      gate = undefined
    },
    mostAtOnce: () => most,
    runs: () => runs.size,
    close: () => {
      gate?.resolve()
      return server.close()
    },
  }
}

const RANGES: Record<string, [number, number]> = {
  octree_resolution: [64, 512],
  num_inference_steps: [1, 20],
  guidance_scale: [0.1, 20],
  face_count: [1_000, 100_000],
}

function outOfRange(body: Record<string, unknown>): object[] {
  return Object.entries(RANGES).flatMap(([name, [low, high]]) => {
    const value = body[name]
    if (value === undefined || (typeof value === "number" && value >= low && value <= high)) return []
    return [
      { type: "less_than_equal", loc: ["body", name], msg: `Input should be from ${low} to ${high}`, input: value },
    ]
  })
}
