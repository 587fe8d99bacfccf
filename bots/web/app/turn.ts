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
  let [written, drawing] = ["", 0]

  function draw(): void {
    drawing = 0
    fill(text, paragraphs(written))
  }

  function receive(event: WebThreadEvent): void {
    if (event.kind === "delta") {
      written += event.text
      drawing ||= requestAnimationFrame(draw)
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
