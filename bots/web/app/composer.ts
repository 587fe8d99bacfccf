import type { Store } from "./store.ts"
import { byId, elementById, fill, icon } from "./h.ts"
import { keep, recall } from "./kept.ts"
import { inWords } from "./request.ts"
import { createUploads } from "./uploads.ts"

export interface Composer {
  /** The conversation changed: its own draft comes back. */
  opened(threadId: string | undefined): void
  setRunning(running: boolean): void
  focus(): void
}

interface Actions {
  /** Resolves when the studio has the message. */
  send(text: string, files: string[], messageId: string): Promise<void>
  stop(): void
}

/** Where people write: Enter sends, Shift+Enter is a new line, Escape stops the answer. What is typed survives everything. */
export function createComposer(store: Store, actions: Actions): Composer {
  const text = elementById("say", HTMLTextAreaElement)
  const button = elementById("send", HTMLButtonElement)
  const problem = byId("send-problem")
  const picker = elementById("files", HTMLInputElement)
  let running = false
  let draftKey = "draft."
  /** Sent before its files had arrived: it goes out with the last of them. */
  let isWaiting = false
  let sending = false
  /** Until the page knows which conversation this is, one can write and not send. */
  let ready = false
  /** The id of what is being sent: a second try after a cut connection must not count twice. */
  let attempt: { text: string; messageId: string } | undefined
  const uploads = createUploads(byId("chips"), () => store.get().studio?.limits, update)
  picker.addEventListener("change", () => {
    take(picker.files ?? [])
    picker.value = ""
  })
  byId("attach").addEventListener("click", () => picker.click())
  acceptDrops((files) => take(files))
  text.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files
    if (files && files.length > 0) {
      event.preventDefault()
      take(files)
      return
    }
    const pasted = event.clipboardData?.getData("text/plain") ?? ""
    if (text.value.length + pasted.length <= mostCharacters()) return
    event.preventDefault()
    take([new File([pasted], "pasted text.txt", { type: "text/plain" })])
    say("The text is too long for a message, so it comes along as a file.")
  })

  const mostCharacters = () => store.get().studio?.limits.maxMessageCharacters ?? Infinity

  function take(files: Iterable<File>): void {
    const left = uploads.add(files)
    const most = store.get().studio?.limits.maxMessageFiles ?? 10
    say(left === 0 ? "" : `A message takes ${most} files: ${left} did not come along.`)
    text.focus()
  }

  function update(): void {
    const stops = running && text.value.trim() === ""
    button.classList.toggle("stop", stops)
    button.setAttribute("aria-label", stops ? "Stop" : "Send")
    fill(button, icon(stops ? SQUARE : ARROW))
    const isEmpty = text.value.trim() === "" && uploads.ids().length === 0 && !uploads.busy()
    button.disabled = !ready || (!stops && isEmpty)
    if (isWaiting && !uploads.busy()) {
      isWaiting = false
      say("")
      void send()
    }
    text.style.height = "auto"
    text.style.height = `${Math.min(text.scrollHeight, 200)}px`
    keep(draftKey, text.value)
  }

  async function send(): Promise<void> {
    const words = text.value.trim()
    if (button.disabled || sending) return
    if (uploads.busy()) {
      isWaiting = true
      say("This goes out as soon as its files have arrived.")
      return
    }
    const files = uploads.ids()
    if (words === "" && files.length === 0) return
    const most = mostCharacters()
    if (words.length > most) {
      say(`This has ${words.length} characters; a message may have ${most}. Attach it as a file instead.`)
      return
    }
    const mine = attempt?.text === words ? attempt : { text: words, messageId: crypto.randomUUID() }
    attempt = mine
    text.value = ""
    say("")
    sending = true
    update()
    button.disabled = true
    try {
      await actions.send(words, files, mine.messageId)
      attempt = undefined
      uploads.clear()
    } catch (error) {
      const { problem, hint } = inWords(error)
      text.value = text.value === "" ? words : `${words}\n${text.value}`
      say(`${problem} ${hint}`)
    } finally {
      sending = false
    }
    update()
  }

  function say(words: string): void {
    problem.textContent = words
    problem.hidden = words === ""
  }

  text.addEventListener("input", () => {
    if (isWaiting) say("")
    isWaiting = false
    update()
  })
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault()
      void send()
    }
  })
  elementById("composer", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault()
    if (button.classList.contains("stop")) actions.stop()
    else void send()
  })

  return {
    opened: (threadId) => {
      draftKey = `draft.${threadId ?? ""}`
      if (ready || text.value === "") text.value = recall(draftKey) ?? ""
      ready = true
      say("")
      update()
    },
    setRunning: (now) => {
      // Told with every word of an answer; measuring the field each time would hold those up.
      if (now === running) return
      running = now
      update()
    },
    focus: () => text.focus(),
  }
}

/** Files dropped anywhere on the page come along with the next message. */
function acceptDrops(take: (files: Iterable<File>) => void): void {
  const veil = byId("drop")
  let depth = 0
  const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false
  const show = (on: boolean) => (veil.hidden = !on)
  addEventListener("dragenter", (event) => {
    if (carriesFiles(event)) show(++depth > 0)
  })
  addEventListener("dragleave", (event) => {
    if (carriesFiles(event)) show(--depth > 0)
  })
  addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault()
  })
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return
    event.preventDefault()
    show((depth = 0) > 0)
    take(event.dataTransfer?.files ?? [])
  })
}

const ARROW = "M10 16V4M5 9l5-5 5 5"
const SQUARE = "M6 6h8v8H6z"
