import { randomUUID } from "node:crypto"
import type { Progress } from "#src/job.ts"
import type { Link } from "#workers/backend.ts"
import { listen } from "#workers/backends/comfyui/channel.ts"
import type { Frame } from "#workers/backends/comfyui/frames.ts"
import type { Handle } from "#workers/backends/comfyui/order.ts"
import { serverWords } from "#workers/backends/shared/failure.ts"

/** What a worker hears of a run between two looks. */
export interface Watch {
  /** Until something happened that is worth a look, at most that long. Throws the reason of the signal. */
  wait(ms: number, signal: AbortSignal): Promise<void>
  /** Whether any progress was heard of. */
  hasTold(): boolean
}

interface Live extends Watch {
  stop(): void
  touch(): void
}

/** A node with 10 ms a step tells of a hundred of them a second. */
const TELL_EVERY_MS = 500
/** Nobody asked for that long: the attempt is over. */
const FORGOTTEN_MS = 120_000
const lives = new Map<string, Live>()
let ownId: string | undefined

/** The client id of this process: a server keeps one connection for each. */
export function clientId(): string {
  ownId ??= randomUUID()
  return ownId
}

/** The watch of a run; begins with the first call, ends with `unwatch`, with the link's signal, or when nobody asks any more. */
export function watchOf(handle: Handle, link: Link): Watch {
  const key = `${link.server.url} ${handle.promptId}`
  let live = lives.get(key)
  if (!live) {
    live = startWatch(handle, link, () => lives.delete(key))
    lives.set(key, live)
  }
  live.touch()
  return live
}

export function unwatch(handle: Handle, { server }: Pick<Link, "server">): void {
  lives.get(`${server.url} ${handle.promptId}`)?.stop()
}

function startWatch(handle: Handle, link: Link, onStop: () => void): Live {
  const told = teller(link)
  const meter = progressMeter(handle)
  let wake: (() => void) | undefined
  let isWorthALook = true
  let forgotten: NodeJS.Timeout | undefined
  const nudge = () => {
    isWorthALook = true
    wake?.()
  }
  const quit = listen(link.server, { ...handle, log: link.log }, (frame) => {
    if (!frame || frame.kind === "ended" || frame.kind === "started") nudge()
    else if (frame.kind === "preview") told.preview(frame)
    else told.progress(meter(frame))
  })
  const stop = () => {
    clearTimeout(forgotten)
    told.stop()
    quit()
    link.signal.removeEventListener("abort", stop)
    onStop()
    wake?.()
  }
  link.signal.addEventListener("abort", stop, { once: true })
  return {
    stop,
    hasTold: told.hasTold,
    touch: () => {
      clearTimeout(forgotten)
      forgotten = setTimeout(stop, FORGOTTEN_MS).unref()
    },
    wait: async (ms, signal) => {
      signal.throwIfAborted()
      if (!isWorthALook) {
        const { promise, resolve } = Promise.withResolvers<void>()
        const timer = setTimeout(resolve, ms)
        wake = resolve
        const onAbort = () => resolve()
        signal.addEventListener("abort", onAbort)
        await promise
        clearTimeout(timer)
        signal.removeEventListener("abort", onAbort)
        wake = undefined
      }
      isWorthALook = false
      signal.throwIfAborted()
    },
  }
}

/** Passes on at most two of each a second, and the last of the progress always. */
function teller(link: Link) {
  let latest: Progress | undefined
  let timer: NodeJS.Timeout | undefined
  let previewAt = 0
  let isOver = false
  const tell = () => {
    timer = undefined
    if (latest && !isOver) link.progress(latest)
  }
  return {
    hasTold: () => latest !== undefined,
    progress: (now: Progress | undefined) => {
      if (!now) return
      const isFirst = latest === undefined
      latest = now
      if (isFirst) tell()
      else timer ??= setTimeout(tell, TELL_EVERY_MS)
    },
    preview: ({ mediaType, bytes }: { mediaType: string; bytes: Uint8Array }) => {
      if (isOver || Date.now() - previewAt < TELL_EVERY_MS) return
      previewAt = Date.now()
      link.preview?.({ mediaType, bytes })
    },
    stop: () => {
      isOver = true
      clearTimeout(timer)
    },
  }
}

/**
 * Progress out of events: each node counts as many parts as it has steps, at least one. A node may tell of other steps than the
 * graph lets expect, so the whole changes; the fraction never goes back.
 */
function progressMeter({ nodes }: Handle): (frame: Frame) => Progress | undefined {
  const done = new Set<string>()
  const steps = new Map<string, { value: number; max: number }>()
  let fraction = 0
  let node = ""
  const now = (): Progress => {
    const parts = Object.entries(nodes).map(([id, { steps: expected }]) => {
      const { value, max } = steps.get(id) ?? { value: 0, max: expected }
      return done.has(id) ? { value: max, max } : { value, max }
    })
    const whole = parts.reduce((sum, { max }) => sum + max, 0)
    const made = parts.reduce((sum, { value }) => sum + value, 0)
    fraction = Math.max(fraction, Math.min(0.99, made / whole))
    const at = steps.get(node)
    const title = nodes[node]?.title ?? "a node"
    return { fraction, text: at && at.max > 1 ? `${title}, step ${at.value} of ${at.max}` : title }
  }
  const step = (id: string, value: number, max: number) => {
    const most = Math.min(10_000, Math.max(1, Math.round(max)))
    steps.set(id, { value: Math.min(most, Math.max(0, Math.round(value))), max: most })
  }
  return (frame) => {
    switch (frame.kind) {
      case "cached":
        for (const id of frame.nodes) done.add(id)
        return undefined
      case "node":
        if (node !== "" && node !== frame.node) done.add(node)
        node = frame.node
        return now()
      case "step":
        node = frame.node
        step(frame.node, frame.value, frame.max)
        return now()
      case "state":
        for (const [id, { value, max, isDone }] of frame.nodes) {
          // What every node says before its first step.
          if (max > 1) step(id, value, max)
          if (isDone) done.add(id)
        }
        return node === "" ? undefined : now()
      case "text":
        return { fraction, text: `${nodes[frame.node]?.title ?? "a node"}: ${serverWords(frame.text).slice(0, 120)}` }
      default:
        return undefined
    }
  }
}
