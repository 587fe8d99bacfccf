import type { WebThreadEvent } from "../api/types.ts"
import { fill, h } from "./h.ts"
import { paragraphs } from "./markdown.ts"

/** What the answer to come looks like while it is written. */
export interface LiveTurn {
  turnId: string
  element: HTMLElement
  receive(event: WebThreadEvent): void
}

/** Text, steps and progress of a running turn, drawn at most once a frame. */
export function liveTurn(turnId: string): LiveTurn {
  const steps = h("ul", { class: "steps" })
  const text = h("div", { class: "text" })
  const waiting = h("p", { class: "working" }, h("span", { class: "dots", "aria-hidden": true }), "Working on it")
  const element = h("article", { class: "message assistant live", "aria-busy": "true", "aria-label": "Answer" })
  element.append(text, steps, waiting)
  const lines = new Map<string, HTMLElement>()
  let [written, drawn] = ["", 0]
  let isDue = false

  /** Only what still grows is made anew: the last paragraph, and those that came behind it. */
  function draw(): void {
    isDue = false
    const begun = performance.now()
    const parts = written.trim().split(/\n{2,}/)
    const first = Math.max(0, drawn - 1)
    for (const old of [...text.children].slice(first)) old.remove()
    text.append(...parts.slice(first).flatMap((part) => paragraphs(part)))
    drawn = parts.length
    costMs = performance.now() - begun
  }

  /** A slow machine draws less often, so that there is time for whoever types meanwhile. */
  let costMs = 0
  function drawSoon(): void {
    if (isDue) return
    isDue = true
    setTimeout(() => requestAnimationFrame(draw), Math.min(500, costMs * 4))
  }

  function receive(event: WebThreadEvent): void {
    if (event.kind === "delta") {
      written += event.text
      drawSoon()
    } else if (event.kind === "tool-started") {
      const line = h("li", {}, event.title)
      lines.set(event.callId, line)
      steps.append(line)
    } else if (event.kind === "tool-ended") {
      const line = lines.get(event.callId)
      if (line) line.className = event.ok ? "done" : "failed"
    } else if (event.kind === "progress") {
      const share = event.progress.fraction === undefined ? "" : ` · ${Math.round(event.progress.fraction * 100)} %`
      fill(waiting, h("span", { class: "dots", "aria-hidden": true }), event.progress.text + share)
    }
  }

  return { turnId, element, receive }
}
