import type { CallTool, ItemDetail } from "../api/types.ts"
import { announce } from "./announce.ts"
import type { Follower } from "./follow.ts"
import { byId, elementById, h, setAttribute } from "./h.ts"
import { call, inWords } from "./request.ts"
import type { Store } from "./store.ts"
import { ago } from "./words.ts"

/** Undo, redo, and the way back from an earlier revision. */
export function startHistory(store: Store, follower: Follower): void {
  const undo = elementById("undo", HTMLButtonElement)
  const redo = elementById("redo", HTMLButtonElement)
  const status = byId("stage-status")
  let busy = false

  async function step(wanted: CallTool | undefined): Promise<void> {
    if (!wanted || busy) return
    busy = true
    try {
      await call(wanted)
      follower.reload()
    } catch (error) {
      const { problem, hint } = inWords(error)
      status.textContent = `${problem} ${hint}`
    } finally {
      busy = false
    }
  }

  const canUndo = () => store.get().detail?.canUndo === true && store.get().fields?.undo !== undefined
  const canRedo = () => store.get().detail?.canRedo === true && store.get().fields?.redo !== undefined
  undo.addEventListener("click", () => canUndo() && void step(store.get().fields?.undo))
  redo.addEventListener("click", () => canRedo() && void step(store.get().fields?.redo))
  byId("to-latest").addEventListener("click", () => {
    const { shown } = store.get()
    if (shown) follower.show(shown.itemId)
    announce("Back at the latest revision")
  })
  store.watch(["detail", "fields"], ({ detail }) => {
    // aria-disabled, so that the focus stays on a button that has done its work
    setAttribute(undo, "aria-disabled", String(!canUndo()))
    setAttribute(redo, "aria-disabled", String(!canRedo()))
    const old = detail !== undefined && detail.revision.number !== detail.item.head
    byId("revision").textContent = detail
      ? `Revision ${detail.revision.number}${old ? ` (latest: ${detail.item.head})` : ""}`
      : ""
    byId("to-latest").hidden = !old
  })
}

/** All revisions of what is on the stage: one press shows one. */
export function revisionList(
  { item, history, revision }: ItemDetail,
  show: (number: number | undefined) => void,
): HTMLElement {
  return h(
    "ol",
    { class: "revisions", "aria-label": `Revisions of ${item.name}` },
    ...history.map((it) => {
      const button = h(
        "button",
        { type: "button", "aria-current": it.number === revision.number ? "true" : undefined },
        h("span", { class: "number" }, it.number),
        h("span", { class: "note-line" }, it.note),
        h("span", { class: "when" }, it.number === item.head ? "latest" : ago(it.createdAt)),
      )
      button.addEventListener("click", () => show(it.number === item.head ? undefined : it.number))
      return h("li", {}, button)
    }),
  )
}
