import { announce } from "./announce.ts"
import { byId } from "./h.ts"
import type { Store } from "./store.ts"

/** Says when the studio cannot be reached and when it is tried again; says nothing while all is well. */
export function startLink(store: Store, retry: () => void): void {
  const bar = byId("link")
  const words = byId("link-words")
  let wasDown = false
  byId("retry").addEventListener("click", retry)
  const draw = () => {
    const { connection } = store.get()
    // One hiccup mends itself before anybody could read about it.
    const down = connection.state === "waiting" && connection.attempts > 1
    bar.hidden = !down
    if (down) {
      const seconds = Math.max(0, Math.ceil((connection.retryAt - Date.now()) / 1000))
      words.textContent = `The studio is not reachable. ${seconds > 0 ? `Trying again in ${seconds} s` : "Trying again"}; what you typed is kept.`
    }
    if (down && !wasDown) announce("The studio is not reachable. What you typed is kept.")
    if (connection.state === "live" && wasDown) announce("Connected again.")
    if (down || connection.state === "live") wasDown = down
  }
  store.watch(["connection"], draw)
  setInterval(draw, 1_000)
}
