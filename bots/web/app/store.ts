import type { ItemCard, ItemDetail, ItemFields, JobCard, QuotaLine, StudioState, Thread } from "../api/types.ts"

/** How the page stands with the studio. */
export type Connection =
  | { state: "connecting" }
  | { state: "live" }
  /** Cut off; `retryAt` is when it is tried again (milliseconds since the epoch). */
  | { state: "waiting"; retryAt: number; attempts: number }
  | { state: "signed-out" }

/** Everything the page knows, as the studio told it. What is typed and not sent yet is elsewhere. */
export interface Known {
  studio: StudioState | undefined
  threads: Thread[]
  /** The conversation on the page; undefined: a new one, made with its first message. */
  threadId: string | undefined
  items: ItemCard[]
  jobs: JobCard[]
  quota: QuotaLine[]
  /** What the stage is to show; without `revision` the head, whatever it becomes. */
  shown: { itemId: string; revision?: number } | undefined
  detail: ItemDetail | undefined
  fields: ItemFields | undefined
  connection: Connection
}

export interface Store {
  get(): Known
  /** Changes some of it and tells whoever watches that. */
  set(change: Partial<Known>): void
  /** Runs at once, and after each change of one of these, until the function that comes back is called. */
  watch(keys: readonly (keyof Known)[], run: (known: Known) => void): () => void
}

export function createStore(): Store {
  let known: Known = {
    studio: undefined,
    threads: [],
    threadId: undefined,
    items: [],
    jobs: [],
    quota: [],
    shown: undefined,
    detail: undefined,
    fields: undefined,
    connection: { state: "connecting" },
  }
  const watchers = new Set<{ keys: readonly (keyof Known)[]; run(known: Known): void }>()
  return {
    get: () => known,
    set: (change) => {
      const before = known
      known = { ...known, ...change }
      for (const { keys, run } of watchers) if (keys.some((key) => before[key] !== known[key])) run(known)
    },
    watch: (keys, run) => {
      const watcher = { keys, run }
      watchers.add(watcher)
      run(known)
      return () => watchers.delete(watcher)
    },
  }
}
