import type { ItemDetail, ItemFields, StudioEvent } from "../api/types.ts"
import { announce } from "./announce.ts"
import { call, inWords, read } from "./request.ts"
import type { Store } from "./store.ts"

export interface Follower {
  /** Puts an item on the stage: its head, whatever that becomes, or one revision. */
  show(itemId: string, revision?: number): void
  receive(event: StudioEvent): void
  /** Reads what is shown again. */
  reload(): void
}

/** Events come in bursts: one edit is a revision, a job and some progress. */
const SETTLE_MS = 60
/** So long a revision may stand without a job before this page asks for one. */
const OTHERS_FIRST_MS = 1_500

/** Keeps the item on the stage as it is in the studio, whoever edits it. */
export function createFollower(store: Store): Follower {
  let turn = 0
  let timer: number | undefined
  /** Builds are asked for once per revision. */
  const asked = new Set<string>()

  function reload(): void {
    clearTimeout(timer)
    timer = window.setTimeout(() => void load(), SETTLE_MS)
  }

  async function load(): Promise<void> {
    const { shown } = store.get()
    const mine = ++turn
    if (!shown) return
    const path = `api/items/${encodeURIComponent(shown.itemId)}`
    try {
      const known = store.get().fields // of this item: another one empties them
      const [detail, fields] = await Promise.all([
        read<ItemDetail>(shown.revision === undefined ? path : `${path}?revision=${shown.revision}`),
        known ?? read<ItemFields>(`${path}/fields`),
      ])
      if (mine !== turn) return
      store.set({ detail, fields })
      buildWhatIsMissing(detail, fields)
    } catch (error) {
      if (mine !== turn) return
      const { code, problem } = inWords(error)
      if (code === "not_found") store.set({ shown: undefined, detail: undefined, fields: undefined })
      if (code !== "unreachable") announce(problem)
    }
  }

  /** Whoever made the revision usually has its build under way; only what nobody builds is asked for. */
  function buildWhatIsMissing({ item, revision, files }: ItemDetail, { show }: ItemFields): void {
    const key = `${item.id} ${revision.number}`
    if (!show || revision.number !== item.head || files.length > 0 || asked.has(key)) return
    asked.add(key)
    setTimeout(() => {
      const { detail, jobs } = store.get()
      const isStill = detail?.item.id === item.id && detail.item.head === revision.number && detail.files.length === 0
      if (!isStill || jobs.some((job) => job.group === detail.group)) return
      call(show).then(reload, () => asked.delete(key))
    }, OTHERS_FIRST_MS)
  }

  function show(itemId: string, revision?: number): void {
    const before = store.get().shown
    if (before?.itemId === itemId && before.revision === revision) return reload()
    const other = before?.itemId !== itemId
    store.set({
      shown: revision === undefined ? { itemId } : { itemId, revision },
      ...(other ? { detail: undefined, fields: undefined } : {}),
    })
    clearTimeout(timer)
    void load()
  }

  return {
    show,
    reload,
    receive: (event) => {
      const { shown, detail } = store.get()
      if (event.kind === "focus") show(event.itemId)
      else if (event.kind === "item") {
        const { id } = event.item
        if (!shown) show(id)
        // Whoever looks at an old revision wants to see what happens now as well.
        else if (shown.itemId === id) show(id)
      } else if (event.kind === "item-removed" && shown?.itemId === event.itemId)
        store.set({ shown: undefined, detail: undefined, fields: undefined })
      else if (event.kind === "job" && detail && event.job.group === detail.group && event.job.state === "done")
        reload()
    },
  }
}

export function isOpen(state: string): boolean {
  return state === "waiting" || state === "running"
}
