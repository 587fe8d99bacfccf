import { setTimeout as sleep } from "node:timers/promises"
import { BackendError } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"
import { defineBackend, type Link, type Poll } from "#workers/backend.ts"
import { isBrokenGpu, isOutOfMemory, nodeWords } from "#workers/backends/comfyui/failure.ts"
import { FileGone, filesOf, Spoiled } from "#workers/backends/comfyui/files.ts"
import { modelsOf } from "#workers/backends/comfyui/inventory.ts"
import { look, type Ended } from "#workers/backends/comfyui/look.ts"
import {
  handleSchema,
  newHandle,
  orderSchema,
  settingsSchema,
  type Handle,
  type Settings,
} from "#workers/backends/comfyui/order.ts"
import { probe } from "#workers/backends/comfyui/probe.ts"
import { cancelRun, freeMemory, newPromptId, startRun } from "#workers/backends/comfyui/start.ts"
import { clientId, unwatch, watchOf } from "#workers/backends/comfyui/watch.ts"

/** Between /free and the next graph: what was freed is only looked at while nothing waits. */
const AFTER_FREE_MS = 300

/**
 * ComfyUI, from 0.3.57 on, over its own API: POST /prompt with an id of ours, and what became of it by asking again and again.
 * Its events come over a socket and make that quicker; nothing depends on them, since they fall silent in practice.
 */
export const backend = defineBackend({
  describe: () => ({
    kind: "comfyui",
    title: "ComfyUI",
    makes: ["image", "video", "model3d"],
    progress: "percent",
    cancel: "soft",
    resumable: true,
    slots: 1,
    licenceNote:
      "Each model has a licence of its own: some forbid selling what they make, and Hunyuan3D-2 may not be used in the EU, the UK and South Korea.",
  }),
  order: orderSchema,
  handle: handleSchema,
  settings: settingsSchema,
  probe,
  prepare: (order) => newHandle(order, clientId(), newPromptId()),
  start: async (order, link, kept) => {
    const handle = kept ?? newHandle(order, clientId(), newPromptId())
    // Before it is posted, or a short run is over before anybody listens.
    watchOf(handle, link)
    try {
      await startRun(link, order, handle)
    } catch (error) {
      unwatch(handle, link)
      throw error
    }
    return { handle }
  },
  resume: async (handle, link) => ((await look(link, handle.promptId)).state === "absent" ? undefined : handle),
  poll: async (handle, link) => {
    try {
      const poll = await lookAgain(handle, link)
      if (poll.state !== "queued" && poll.state !== "running") unwatch(handle, link)
      return poll
    } catch (error) {
      // A look that fails in passing is made again.
      if (!(error instanceof BackendError) || error.retry !== "transient") unwatch(handle, link)
      throw error
    }
  },
  // The waiting is in `poll`, which a word over the socket cuts short.
  pollEveryMs: 20,
  cancel: async (handle, link) => {
    unwatch(handle, link)
    await cancelRun(link, handle.promptId)
  },
  models: (server, signal) => modelsOf({ server, signal }),
  free: (server, signal) => freeMemory({ server, signal }),
})

function settingsOf({ settings }: ServerRef): Settings {
  return settingsSchema.parse(settings ?? {})
}

async function lookAgain(handle: Handle, link: Link): Promise<Poll<Handle>> {
  const settings = settingsOf(link.server)
  const watch = watchOf(handle, link)
  await watch.wait(settings.poll_ms, link.signal)
  const seen = await look(link, handle.promptId)
  switch (seen.state) {
    case "pending":
      return { state: "queued", ...(seen.ahead !== undefined && { ahead: seen.ahead }) }
    case "running":
      // What the socket tells is passed on as it comes.
      return { state: "running", ...(!watch.hasTold() && { progress: { text: `running on ${link.server.name}` } }) }
    case "absent":
      return {
        state: "lost",
        why: "it does not know the run any more: ComfyUI was started again, or its queue was emptied",
      }
    default:
      return ended(handle, link, { end: seen.end, settings })
  }
}

async function ended(
  handle: Handle,
  link: Link,
  { end, settings }: { end: Ended; settings: Settings },
): Promise<Poll<Handle>> {
  const { server } = link
  const lost = (why: string) => ({ state: "lost" as const, why })
  if (end.promptId !== handle.promptId) return lost("it answers for another run than it is asked for")
  if (end.wasInterrupted) return lost("somebody else interrupted the run there")
  if (end.failed) {
    if (isOutOfMemory(end.failed)) return outOfMemory(handle, link, end.failed.node_type)
    if (isBrokenGpu(end.failed)) return lost(nodeWords(end.failed))
    throw new BackendError(server.name, nodeWords(end.failed), "fatal")
  }
  try {
    const files = await filesOf(link, handle, end.outputs, { maxBytes: link.maxBytes, settings })
    return { state: "done", made: { files, effective: effectiveOf(handle, end) } }
  } catch (error) {
    if (error instanceof Spoiled) return lost(error.message)
    if (!(error instanceof FileGone)) throw error
    if (handle.fresh) return lost("the file that it has just made is not there: is its disk full?")
    const why = "a file that its cache named had been deleted"
    return { state: "again", why, handle: { ...handle, promptId: newPromptId(), fresh: true } }
  }
}

function effectiveOf({ effective }: Handle, { seconds, cached }: Ended): Record<string, unknown> {
  return { ...effective, ...(seconds !== undefined && { seconds }), ...(cached > 0 && { cached_nodes: cached }) }
}

async function outOfMemory(handle: Handle, link: Link, node: string): Promise<Poll<Handle>> {
  const { server, signal } = link
  if (handle.freed)
    throw new BackendError(
      server.name,
      `its GPU memory is too small for ${node.slice(0, 100) || "this"}, even when nothing else is in it: a larger server or a smaller result`,
      "capacity",
    )
  await freeMemory(link)
  await sleep(AFTER_FREE_MS, undefined, { signal })
  return {
    state: "again",
    why: "its GPU memory was full and has been freed",
    handle: { ...handle, promptId: newPromptId(), freed: true },
  }
}
