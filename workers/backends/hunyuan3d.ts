import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import { defineBackend, type Link, type Made, type Poll, type Started } from "#workers/backend.ts"
import { asked, bodyOf, effectiveOf, hunyuanOrder, type HunyuanOrder } from "#workers/backends/hunyuan3d/order.ts"
import { probe } from "#workers/backends/hunyuan3d/probe.ts"
import { hunyuanSettings } from "#workers/backends/hunyuan3d/settings.ts"
import { generate, send, statusOf, versionOf, workerId } from "#workers/backends/hunyuan3d/wire.ts"
import { NoAnswer, serverWords } from "#workers/backends/shared/failure.ts"
import { checkGlb, soundGlb } from "#workers/backends/shared/glb-check.ts"

const ASKS_WITHIN_MS = 60_000

const handle = z.object({
  uid: z.string(),
  version: z.enum(["2", "2.1"]),
  /** Of version 2.1: another one means that the server was restarted, which wipes its files. */
  workerId: z.string().optional(),
  /** Milliseconds since the epoch. */
  sentAt: z.number(),
  asked,
})
type Handle = z.output<typeof handle>

/**
 * Picture to 3D by Hunyuan3D-2 or 2.1. The servers have no queue, say little and forget failures, so:
 * a shape alone is made by /generate, the only request that tells a failure; a painted one by /send and polls, each stage
 * with a deadline of ours; one run at a time; and no file is believed before it was checked.
 */
export const backend = defineBackend({
  describe: () => ({
    kind: "hunyuan3d",
    title: "Hunyuan3D (picture to 3D)",
    makes: ["model3d"],
    progress: "stage",
    cancel: "none",
    resumable: true,
    slots: 1,
    licenceNote:
      "The licence of Hunyuan3D's weights does not cover the European Union, the United Kingdom and South Korea, and asks for " +
      "a licence of its own above one million users a month. Whoever runs the server answers for that.",
  }),
  order: hunyuanOrder,
  handle,
  settings: hunyuanSettings,
  probe,
  start,
  resume,
  poll,
  // There is no way to stop a run: it goes on, and its result is thrown away.
  cancel: async () => undefined,
  pollEveryMs: 3_000,
})

async function start(order: HunyuanOrder, link: Link): Promise<Started<Handle>> {
  const { server } = link
  const settings = hunyuanSettings.parse(server.settings)
  const version = await versionOf(link, settings.version, ASKS_WITHIN_MS)
  if (order.mesh && version === "2.1")
    throw new BackendError(server.name, "it cannot paint a given model (Hunyuan3D-2 can)", "capacity")
  if (order.texture && !settings.texture)
    throw new BackendError(server.name, "it makes shapes without textures only", "capacity")
  const body = await bodyOf(server, version, order)
  if (!order.texture) return { made: await shape(order, link, body, version) }
  link.progress({ text: "starting" })
  const id = version === "2.1" ? await workerId(link, ASKS_WITHIN_MS) : undefined
  const uid = await send(link, body, ASKS_WITHIN_MS)
  return {
    handle: {
      uid,
      version,
      ...(id === undefined ? {} : { workerId: id }),
      sentAt: Date.now(),
      asked: asked.parse(order),
    },
  }
}

async function shape(order: HunyuanOrder, link: Link, body: object, version: Handle["version"]): Promise<Made> {
  const { shapeS } = hunyuanSettings.parse(link.server.settings)
  link.progress({ text: "making the shape" })
  try {
    const bytes = await generate(link, body, { timeoutMs: shapeS * 1000, maxBytes: link.maxBytes })
    return made(link, bytes, version, asked.parse(order))
  } catch (error) {
    if (!(error instanceof NoAnswer && error.timedOut && error.reached)) throw error
    throw new BackendError(link.server.name, `it made no shape within ${shapeS} s`, "capacity", { cause: error })
  }
}

function made(link: Link, bytes: Uint8Array, version: Handle["version"], given: Handle["asked"]): Made {
  const { triangles, textures } = soundGlb(link.server, bytes)
  return {
    files: [{ name: "model.glb", bytes, role: "result" }],
    effective: { ...effectiveOf(version, given), triangles, textures },
  }
}

/** Version 2 keeps its files over a restart and never says that it had one; there only the deadline tells. */
async function resume(found: Handle, link: Link): Promise<Handle | undefined> {
  return (await wasRestarted(found, link)) ? undefined : found
}

async function wasRestarted({ workerId: before }: Handle, link: Link): Promise<boolean> {
  return before !== undefined && (await workerId(link, ASKS_WITHIN_MS)) !== before
}

async function poll(found: Handle, link: Link): Promise<Poll> {
  const { server } = link
  if (await wasRestarted(found, link))
    return { state: "lost", why: "it was restarted, and wipes its files when it starts" }
  const { status, model_base64, message } = await statusOf(link, found.uid, link.maxBytes)
  if (status === "error")
    throw new BackendError(server.name, `it failed${message ? `: ${serverWords(message)}` : ""}`, "transient")
  if (status === "completed") {
    const bytes = new Uint8Array(Buffer.from(model_base64 ?? "", "base64"))
    if (bytes.byteLength > link.maxBytes)
      throw new BackendError(server.name, `the model is larger than ${link.maxBytes} bytes`, "input")
    // Version 2 writes its file under its final name: it may be seen half written.
    if (found.version === "2.1" || typeof checkGlb(bytes) !== "string" || isLate(found, link, "texturing"))
      return { state: "done", made: made(link, bytes, found.version, found.asked) }
    return { state: "running", progress: { text: "writing the file" } }
  }
  const stage = status === "texturing" || found.version === "2" ? "texturing" : "shape"
  if (isLate(found, link, stage)) throw new BackendError(server.name, lateInWords(found, link, stage), "capacity")
  const text = found.version === "2" ? "making and painting" : stage === "shape" ? "making the shape" : "painting"
  return { state: "running", progress: { text } }
}

type Stage = "shape" | "texturing"

/** Each stage may last as long as the operator allows; counted from the start, because a poll remembers nothing. */
function isLate({ sentAt }: Handle, { server }: Link, stage: Stage): boolean {
  const { shapeS, textureS } = hunyuanSettings.parse(server.settings)
  return Date.now() - sentAt > 1000 * (stage === "shape" ? shapeS : shapeS + textureS)
}

/** A thread of the server that failed leaves its status as it was, for ever. */
function lateInWords({ version }: Handle, { server }: Link, stage: Stage): string {
  const { shapeS, textureS } = hunyuanSettings.parse(server.settings)
  if (stage === "shape")
    return `it made no shape within ${shapeS} s; its run has probably failed, which it does not tell`
  const enable = version === "2" ? ", as without --enable_tex" : ""
  return `it painted nothing within ${shapeS + textureS} s; its run has probably failed${enable}, which it does not tell`
}
