import type { Answering, Deleted, SessionInfo } from "../api/types.ts"
import { byId, elementById, fill, h } from "./h.ts"
import { inWords, read, send } from "./request.ts"
import type { Store } from "./store.ts"
import { closeOnBackdrop } from "./threads.ts"
import { ago } from "./words.ts"

/** Who answers, how to connect an assistant, where one is signed in, and what is stored. */
export function startSettings(store: Store, signedOut: () => void): void {
  const dialog = elementById("settings", HTMLDialogElement)
  const status = byId("settings-status")
  closeOnBackdrop(dialog)
  byId("show-settings").addEventListener("click", () => {
    status.textContent = ""
    dialog.showModal()
    void showSessions()
  })
  const attempt = async (work: () => Promise<string>) => {
    try {
      status.textContent = await work()
    } catch (error) {
      const { problem, hint } = inWords(error)
      status.textContent = `${problem} ${hint}`
    }
  }

  async function showSessions(): Promise<void> {
    const sessions = await read<SessionInfo[]>("api/sessions").catch(() => [])
    fill(byId("sessions"), ...sessions.slice(0, 20).map(sessionLine))
  }

  function sessionLine(session: SessionInfo): HTMLElement {
    const words = `${session.current ? "This browser" : "Another browser"}, opened with a ${session.by}, used ${ago(session.lastUsedAt)}`
    const end = h("button", { type: "button", class: "plain" }, session.current ? "Sign out" : "End it")
    end.addEventListener("click", () => {
      void attempt(async () => {
        if (session.current) {
          await send("api/session/end", {})
          dialog.close()
          signedOut()
          return ""
        }
        await send(`api/sessions/${encodeURIComponent(session.id)}/revoke`, {})
        await showSessions()
        return "That browser is signed out."
      })
    })
    return h("li", {}, h("span", {}, words), end)
  }

  elementById("delete-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault()
    const word = elementById("delete-word", HTMLInputElement)
    if (word.value.trim() !== "delete") {
      status.textContent = "Type the word delete to confirm."
      return
    }
    void attempt(async () => {
      const gone = await send<Deleted>("api/privacy/delete", { confirm: "delete" })
      word.value = ""
      return `${gone.threads} conversations are deleted. ${gone.kept}`
    })
  })

  store.watch(["studio"], ({ studio }) => {
    if (!studio) return
    byId("mcp-url").textContent = studio.mcpUrl
    byId("answering").textContent = answeringWords(studio.answering)
    byId("version").textContent =
      `Atelier ${studio.version}, signed in as ${studio.account.name} (${studio.account.role})`
  })
}

export function answeringWords(answering: Answering): string {
  if (answering.kind === "command")
    return "No language model is connected: sentences are read by the studio's own rules. They are carried out when they are understood completely, and asked back otherwise."
  const models = answering.models.map((it) => `${it.role}: ${it.model}${it.available ? "" : " (not reachable)"}`)
  return `Language models answer. ${models.join(", ")}.`
}
