import { h } from "./h.ts"

/** Longer texts are shown as they are: nobody writes emphasis in 20,000 letters. */
const MOST_LETTERS = 20_000
const MOST_DEPTH = 4

/** What may be marked: code, a link, bold, italic, a bare address. Each alternative is bounded, so that no text is slow. */
const MARK =
  /`([^`\n]{1,500})`|\[([^\]\n]{1,500})\]\((https?:\/\/[^\s)]{1,2000}|\/[^\s)/][^\s)]{0,2000})\)|\*\*([^\n]{1,500}?)\*\*|(?<![\p{L}\p{N}*])\*([^\s*][^*\n]{0,500}?)\*(?![\p{L}\p{N}])|(?<![\p{L}\p{N}_])_([^\s_][^_\n]{0,500}?)_(?![\p{L}\p{N}])|(https?:\/\/[^\s<>"'`)\]]{1,2000}[^\s<>"'`)\].,;:!?])/u

/** Markdown's emphasis, code and links as nodes; everything else, HTML included, stays the text it is. */
export function inline(text: string, depth = 0): (Node | string)[] {
  if (text.length > MOST_LETTERS || depth > MOST_DEPTH) return [text]
  const nodes: (Node | string)[] = []
  let rest = text
  for (;;) {
    const found = MARK.exec(rest)
    if (!found) break
    if (found.index > 0) nodes.push(rest.slice(0, found.index))
    nodes.push(marked(found, depth + 1))
    rest = rest.slice(found.index + found[0].length)
  }
  if (rest !== "") nodes.push(rest)
  return nodes
}

function marked(found: RegExpExecArray, depth: number): Node {
  const [whole, code, label, target, bold, starred, underscored, address] = found
  if (code !== undefined) return h("code", {}, code)
  if (label !== undefined && target !== undefined) return link(target, inline(label, depth))
  if (bold !== undefined) return h("strong", {}, inline(bold, depth))
  const italic = starred ?? underscored
  if (italic !== undefined) return h("em", {}, inline(italic, depth))
  return link(address ?? whole, [address ?? whole])
}

/** A link that cannot run anything: http and https only, and other sites learn nothing about this page. */
export function link(target: string, label: (Node | string)[], attributes: Record<string, string> = {}): HTMLElement {
  const url = URL.canParse(target, location.href) ? new URL(target, location.href) : undefined
  if (!url || !/^https?:$/.test(url.protocol)) return h("span", {}, label)
  const outside = url.origin !== location.origin
  return h(
    "a",
    { href: url.href, target: "_blank", rel: outside ? "noopener noreferrer" : "noopener", ...attributes },
    label,
  )
}

/** Paragraphs of a text: an empty line begins a new one, a line end is a line end. */
export function paragraphs(text: string): HTMLElement[] {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((part) => {
      const lines = part.split("\n").map((line) => inline(line))
      return h(
        "p",
        {},
        lines.flatMap((line, index) => (index === 0 ? line : [h("br"), ...line])),
      )
    })
}
