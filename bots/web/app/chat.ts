import type { Provenance, Transcript, WebMessage, WebThreadEvent } from "../api/types.ts"
import { announce } from "./announce.ts"
import { render, spoken, type BlockActions } from "./blocks.ts"
import { byId, fill, h } from "./h.ts"
import { liveTurn, type LiveTurn } from "./turn.ts"

export interface Chat {
  /** Replaces everything by a stored conversation. */
  load(transcript: Transcript | undefined): void
  /** Several at once stay in their order. */
  receive(event: WebThreadEvent): void
  /** Shows what was just sent; returns what takes it away again. */
  sending(text: string): { accepted(number: number | null): void; failed(): void }
  readonly running: boolean
}

/** A message that was sent and has not come back as stored. */
interface Waiting {
  element: HTMLElement
  text: string
  number?: number
}

/** Within this distance of the end, in pixels, new words are followed. */
const NEAR_PX = 90

/** The conversation on the page. `changed` is called when a turn begins or ends, and when it becomes empty or not. */
export function createChat(actions: BlockActions, changed: () => void): Chat {
  const scroller = byId("log-scroll")
  const log = byId("log")
  const latest = byId("latest")
  const shown = new Map<number, HTMLElement>()
  let waiting: Waiting[] = []
  let live: LiveTurn | undefined

  /** Whoever reads above is not torn away. */
  let atEnd = true
  const toEnd = () => {
    scroller.scrollTop = scroller.scrollHeight
  }
  const look = () => {
    atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX
    latest.hidden = atEnd
  }
  scroller.addEventListener("scroll", look, { passive: true })
  const grown = new ResizeObserver(() => (atEnd ? toEnd() : look()))
  grown.observe(log)
  grown.observe(scroller)
  latest.addEventListener("click", toEnd)

  function place(message: WebMessage, provenance?: Provenance): void {
    const element = messageElement(message, actions, provenance)
    const before = shown.get(message.number)
    if (before) before.replaceWith(element)
    else insert(message.number, element)
    shown.set(message.number, element)
    if (message.role === "user") arrived(message)
  }

  /** Messages sent while a turn ran may come back as one. */
  function arrived({ number, doc }: WebMessage): void {
    const words = plain(spoken(doc))
    const back = waiting.filter((it) => it.number === number || words.includes(it.text))
    for (const { element } of back) element.remove()
    waiting = waiting.filter((it) => !back.includes(it))
  }

  function insert(number: number, element: HTMLElement): void {
    const next = [...shown.keys()].filter((it) => it > number).sort((a, b) => a - b)[0]
    const after = next === undefined ? (live?.element ?? waiting[0]?.element) : shown.get(next)
    log.insertBefore(element, after ?? null)
  }

  function end(event: WebThreadEvent & { kind: "turn-ended" }): void {
    const isNew = !shown.has(event.message.number)
    if (live?.turnId === event.turnId) {
      live.element.remove()
      live = undefined
    }
    place(event.message, event.provenance)
    if (isNew) announce(spoken(event.message.doc))
  }

  function begin(turnId: string): void {
    live?.element.remove()
    live = liveTurn(turnId)
    log.insertBefore(live.element, waiting[0]?.element ?? null)
  }

  return {
    load: (transcript) => {
      shown.clear()
      live = undefined
      if (!transcript) waiting = []
      fill(
        log,
        waiting.map((it) => it.element),
      )
      for (const message of transcript?.messages ?? []) place(message)
      toEnd()
      changed()
    },
    receive: (event) => {
      if (event.kind === "message") place(event.message)
      else if (event.kind === "turn-started") begin(event.turnId)
      else if (event.kind === "turn-ended") end(event)
      else if ("turnId" in event && live?.turnId === event.turnId) live.receive(event)
      changed()
    },
    sending: (text) => {
      const element = h("article", { class: "message user sending", "aria-label": "You" }, h("p", {}, text))
      const one: Waiting = { element, text: plain(text) }
      waiting.push(one)
      log.append(element)
      toEnd()
      changed()
      const drop = () => {
        element.remove()
        waiting = waiting.filter((it) => it !== one)
        changed()
      }
      return {
        accepted: (number) => {
          if (number !== null) one.number = number
          if (number !== null && shown.has(number)) drop()
          else if (number === null) element.append(h("p", { class: "later" }, "Answered after this turn"))
        },
        failed: drop,
      }
    },
    get running() {
      return live !== undefined
    },
  }
}

function plain(text: string): string {
  return text.replaceAll(/[*_`]|\s+/g, " ").trim()
}

function messageElement(message: WebMessage, actions: BlockActions, provenance: Provenance | undefined): HTMLElement {
  const mine = message.role === "user"
  const element = h("article", { class: `message ${message.role}`, "aria-label": mine ? "You" : "Answer" })
  element.append(...render(message.doc, actions))
  const told = provenance && !mine && message.doc.every((block) => block.kind !== "note") && wayOf(provenance)
  if (told) element.append(h("div", { class: "note info" }, told))
  return element
}

/** "llama3.1 · from the cache · $0.0021". */
function wayOf({ by, cached, cost }: Provenance): string {
  const dollars = cost && `${cost.estimated ? "about " : ""}$${(cost.microUsd / 1e6).toFixed(4)}`
  return [by, cached && "from the cache", dollars].filter(Boolean).join(" · ")
}
