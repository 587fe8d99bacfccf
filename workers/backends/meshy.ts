import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import { defineBackend, type Link, type Poll } from "#workers/backend.ts"
import { firstTask, meshyOrder, meshySettings, refineTask, type MeshyOrder } from "#workers/backends/meshy/order.ts"
import {
  balance,
  createTask,
  deleteTask,
  fetchModel,
  readTask,
  type Room,
  type Task,
} from "#workers/backends/meshy/wire.ts"
import { serverWords } from "#workers/backends/shared/failure.ts"
import { soundGlb } from "#workers/backends/shared/glb-check.ts"
import { probed } from "#workers/backends/shared/probe.ts"

const handle = z.object({
  /** image = the whole model; preview = the shape by words; refine = its painting. */
  stage: z.enum(["image", "preview", "refine"]),
  /** Absent = the task is still to be created. */
  id: z.string().optional(),
  /** The preview that is painted, or is to be. */
  previewId: z.string().optional(),
  model: z.string(),
  /** Whether painting follows a preview. */
  texture: z.boolean(),
  /** Milliseconds since the epoch. */
  sentAt: z.number(),
})
type Handle = z.output<typeof handle>

const PROBES_WITHIN_MS = 4_000

/** 3D models by Meshy's cloud, by its public documentation: tasks that cost credits, asked about until they are done. */
export const backend = defineBackend({
  describe: () => ({
    kind: "meshy",
    title: "Meshy (picture or words to 3D, cloud)",
    makes: ["model3d"],
    progress: "percent",
    cancel: "soft",
    resumable: true,
    slots: 4,
    licenceNote:
      "Each run costs credits of the account, and pictures and words are sent to the service. What may be done with the models " +
      "depends on the plan of the account.",
  }),
  order: meshyOrder,
  handle,
  settings: meshySettings,
  probe: (server, signal) =>
    probed(async () => {
      const wire = { server, signal: AbortSignal.any([signal, AbortSignal.timeout(PROBES_WITHIN_MS)]) }
      const credits = await balance(wire, PROBES_WITHIN_MS)
      return credits > 0
        ? { ok: true, detail: `${credits} credits left` }
        : { ok: false, detail: "its account has no credits left" }
    }),
  start,
  resume: async (found, link) => {
    if (found.id === undefined) return found
    return (await readTask(link, roomOf(found), found.id)) === undefined ? undefined : found
  },
  poll,
  cancel: async (found, link) => {
    if (found.id !== undefined) await deleteTask(link, roomOf(found), found.id)
  },
  pollEveryMs: 5_000,
})

/** Starts an order, or the painting that a handle asks for. */
async function start(order: MeshyOrder, link: Link, wanted?: Handle): Promise<{ handle: Handle }> {
  const { model, texture } = order
  if (wanted?.stage === "refine" && wanted.previewId !== undefined) {
    link.progress({ fraction: 0.5, text: "starting to paint" })
    const id = await createTask(link, "v2/text-to-3d", refineTask(wanted.previewId, order))
    return { handle: { ...wanted, id, sentAt: Date.now() } }
  }
  link.progress({ fraction: 0, text: "sending the order" })
  const stage = order.task === "image-to-3d" ? "image" : "preview"
  const first = { stage, model, texture } as const
  const id = await createTask(link, roomOf(first), await firstTask(link.server, order))
  return { handle: { ...first, id, sentAt: Date.now() } }
}

function roomOf({ stage }: Pick<Handle, "stage">): Room {
  return stage === "image" ? "v1/image-to-3d" : "v2/text-to-3d"
}

async function poll(found: Handle, link: Link): Promise<Poll<Handle>> {
  const { server } = link
  if (found.id === undefined) return { state: "again", handle: found, why: "it is to be painted" }
  const task = await readTask(link, roomOf(found), found.id)
  if (!task) return { state: "lost", why: "it does not know the task any more" }
  if (task.status === "SUCCEEDED") return succeeded(found, found.id, task, link)
  if (task.status === "FAILED") throw failure(server.name, task)
  if (/^CANCELL?ED$/.test(task.status)) throw new BackendError(server.name, "the task was cancelled there", "fatal")
  if (task.status === "EXPIRED") return { state: "lost", why: "the task has expired there" }
  const { taskS } = meshySettings.parse(server.settings)
  if (Date.now() - found.sentAt > taskS * 1000)
    throw new BackendError(server.name, `it did not finish within ${taskS} s`, "capacity")
  if (task.status === "PENDING") return { state: "queued", ahead: Math.max(0, Math.round(task.preceding_tasks ?? 0)) }
  const percent = Math.min(100, Math.max(0, task.progress ?? 0))
  const text = `${found.stage === "refine" ? "painting" : "making the model"}, ${Math.round(percent)} %`
  return { state: "running", progress: { fraction: share(found, percent / 100), text } }
}

/** A preview that is painted afterwards is the first half of its order. */
function share({ stage, texture }: Handle, fraction: number): number {
  if (stage === "image" || !texture) return fraction
  return stage === "preview" ? fraction / 2 : 0.5 + fraction / 2
}

async function succeeded(found: Handle, id: string, task: Task, link: Link): Promise<Poll<Handle>> {
  const { model, texture, sentAt } = found
  if (found.stage === "preview" && texture)
    return {
      state: "again",
      handle: { stage: "refine", previewId: id, model, texture, sentAt },
      why: "the shape is made and is painted next",
    }
  link.progress({ fraction: 1, text: "fetching the model" })
  const bytes = await fetchModel(link, task)
  const { triangles, textures } = soundGlb(link.server, bytes)
  const credits = task.consumed_credits
  return {
    state: "done",
    made: {
      files: [{ name: "model.glb", bytes, role: "result" }],
      effective: { model, texture, triangles, textures, ...(typeof credits === "number" ? { credits } : {}) },
    },
  }
}

/** What it says of a failed task is one sentence; a few of them mean that the order itself will not do. */
function failure(name: string, { task_error: error }: Task): BackendError {
  const words = serverWords(error?.message ?? "")
  const isOrder = /moderat|nsfw|inappropriate|polic|invalid|unsupported|not contain/i.test(words)
  return new BackendError(name, `the task failed${words ? `: ${words}` : ""}`, isOrder ? "input" : "transient")
}
