import type { Thread } from "../api/types.ts"
import { byId, elementById, fill, h } from "./h.ts"
import type { Store } from "./store.ts"
import { ago } from "./words.ts"

/** Earlier conversations, in a dialog that Escape closes. */
export function startThreads(store: Store, open: (threadId: string | undefined) => void): void {
  const dialog = elementById("threads", HTMLDialogElement)
  const list = byId("thread-list")
  const choose = (threadId: string | undefined) => {
    dialog.close()
    open(threadId)
  }
  byId("show-threads").addEventListener("click", () => dialog.showModal())
  byId("new-thread").addEventListener("click", () => open(undefined))
  closeOnBackdrop(dialog)
  store.watch(["threads", "threadId"], ({ threads, threadId }) => {
    fill(list, ...threads.slice(0, 100).map((thread) => line(thread, thread.id === threadId, () => choose(thread.id))))
    byId("no-threads").hidden = threads.length > 0
  })
}

function line(thread: Thread, current: boolean, choose: () => void): HTMLElement {
  const button = h(
    "button",
    { type: "button", "aria-current": current ? "true" : undefined },
    h("span", { class: "item-name" }, thread.title || "Untitled conversation"),
    h("span", { class: "when" }, ago(thread.updatedAt)),
  )
  button.addEventListener("click", choose)
  return h("li", {}, button)
}

/** A press outside closes it, as Escape does. */
export function closeOnBackdrop(dialog: HTMLDialogElement): void {
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close()
  })
}
