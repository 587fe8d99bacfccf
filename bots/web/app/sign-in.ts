import { byId, elementById } from "./h.ts"
import { inWords, send } from "./request.ts"

/** The page for whoever has no session: how to get a link, or a key instead. */
export function startSignIn(done: () => void): { show(on: boolean): void } {
  const part = byId("sign-in")
  const key = elementById("key", HTMLInputElement)
  const problem = byId("key-problem")
  byId("link-expired").hidden = new URLSearchParams(location.search).get("link") !== "expired"
  elementById("key-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault()
    if (key.value.trim() === "") return
    send("api/session", { key: key.value.trim() }).then(
      () => {
        key.value = ""
        history.replaceState(null, "", location.pathname)
        done()
      },
      (error: unknown) => {
        const { problem: what, hint } = inWords(error)
        problem.textContent = `${what} ${hint}`
        problem.hidden = false
        key.focus()
      },
    )
  })
  return {
    show: (on) => {
      part.hidden = !on
      byId("studio").hidden = on
      byId("views").hidden = on
      byId("tools").hidden = on
      if (on) document.title = "Sign in · Atelier"
    },
  }
}
