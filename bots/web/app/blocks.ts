import type { WebBlock, WebFile } from "../api/types.ts"
import { h } from "./h.ts"
import { inline, link, paragraphs } from "./markdown.ts"
import { isPicture, kindOfFile, sizeInWords } from "./words.ts"

export interface BlockActions {
  /** Presses a button of an answer; rejects when it was refused. */
  press(buttonId: string): Promise<void>
  /** The live card of a job. */
  job(jobId: string, title: string, text: string, fraction: number | undefined): HTMLElement
}

/** An answer as elements. Buttons that follow each other stand in one row. */
export function render(doc: readonly WebBlock[], actions: BlockActions): HTMLElement[] {
  const elements: HTMLElement[] = []
  let row: HTMLElement | undefined
  for (const block of doc) {
    if (block.kind !== "button") {
      row = undefined
      elements.push(...renderBlock(block, actions))
      continue
    }
    if (!row) elements.push((row = h("div", { class: "choices", role: "group", "aria-label": "Choices" })))
    row.append(choice(block, row, actions))
  }
  return elements
}

function renderBlock(block: Exclude<WebBlock, { kind: "button" }>, actions: BlockActions): HTMLElement[] {
  switch (block.kind) {
    case "heading":
      return [h("h3", {}, block.text)]
    case "text":
      return block.quote === undefined ? paragraphs(block.text) : [quoted(block.text, block.quote)]
    case "list":
      return [
        h(
          block.ordered ? "ol" : "ul",
          {},
          block.items.map((item) => h("li", {}, inline(item))),
        ),
      ]
    case "table":
      return [table(block.columns, block.rows)]
    case "picture":
      return [picture(block.alt, block.file)]
    case "file":
      if (!block.file) return [gone(block.label)]
      return isPicture(block.file) ? [picture(block.label, block.file)] : [fileLink(block.file, block.label)]
    case "link":
      return [h("p", {}, link(block.url, [block.label]))]
    case "progress":
      return [actions.job(block.jobId, block.title, block.text, block.fraction)]
    default:
      return [note(block.tone, block.text)]
  }
}

/** Words of others: shown as they are, without any markup. */
function quoted(text: string, author: string): HTMLElement {
  return h("blockquote", {}, h("p", {}, text), h("footer", {}, author))
}

function table(columns: string[], rows: string[][]): HTMLElement {
  return h(
    "div",
    { class: "table", role: "region", "aria-label": columns.join(", ").slice(0, 100) || "Table", tabindex: 0 },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...columns.map((text) => h("th", { scope: "col" }, inline(text))))),
      h("tbody", {}, ...rows.map((cells) => h("tr", {}, ...cells.map((text) => h("td", {}, inline(text)))))),
    ),
  )
}

function picture(alt: string, file: WebFile | undefined): HTMLElement {
  if (!file) return gone(alt)
  const image = h("img", { src: file.url, alt, loading: "lazy", decoding: "async" })
  return h("figure", {}, link(file.pageUrl, [image], { class: "picture" }))
}

/** A download, with what it is and how large. */
export function fileLink(file: WebFile, label = file.name): HTMLElement {
  const kind = h("span", { class: "kind" }, kindOfFile(file.name))
  const size = h("span", { class: "size" }, sizeInWords(file.bytes))
  return h(
    "a",
    { class: "download", href: file.downloadUrl, download: file.name },
    kind,
    h("span", { class: "use" }, label),
    size,
  )
}

function gone(label: string): HTMLElement {
  return h("p", { class: "note" }, `${label} (this file is no longer kept; ask for it again)`)
}

export function note(tone: "info" | "warning" | "error", text: string): HTMLElement {
  const before = tone === "info" ? "" : tone === "warning" ? "Note: " : "Problem: "
  return h(
    "div",
    { class: `note ${tone}` },
    before && h("span", { class: "hidden" }, before),
    h(
      "span",
      {},
      text.split("\n").flatMap((line, index) => (index === 0 ? inline(line) : [h("br"), ...inline(line)])),
    ),
  )
}

function choice(block: WebBlock & { kind: "button" }, row: HTMLElement, actions: BlockActions): HTMLButtonElement {
  const button = h("button", { type: "button", class: `choice ${block.tone}` }, block.label)
  const all = () => row.querySelectorAll("button")
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") === "true") return
    row.querySelector(".note")?.remove()
    for (const it of all()) it.setAttribute("aria-disabled", "true")
    button.setAttribute("aria-pressed", "true")
    actions.press(block.id).catch((error: unknown) => {
      for (const it of all()) it.removeAttribute("aria-disabled")
      button.removeAttribute("aria-pressed")
      row.append(note("error", error instanceof Error ? error.message : "That did not work."))
    })
  })
  return button
}

/** The words of an answer, for a screen reader that hears it when it is complete. */
export function spoken(doc: readonly WebBlock[]): string {
  return doc
    .map((block) => {
      if (block.kind === "list") return block.items.join(". ")
      if (block.kind === "table") return `Table with ${block.rows.length} rows.`
      if (block.kind === "picture") return `Picture: ${block.alt}`
      if (block.kind === "button") return `Button: ${block.label}.`
      if (block.kind === "progress") return `${block.title}: ${block.text}`
      return "text" in block ? block.text.replaceAll(/[*_`]/g, "") : block.label
    })
    .join("\n")
}
