type Child = Node | string | number | undefined | null | false
export type Children = Child | readonly Child[]

type Listeners = { [K in keyof HTMLElementEventMap as `on${K}`]?: (event: HTMLElementEventMap[K]) => void }
type Attribute = string | number | boolean | undefined
export type Props = Listeners & { [name: string]: Attribute | ((event: never) => void) }

/**
 * An element. Properties are attributes (`true` = present, `false` and undefined = absent) or `on…` listeners; children are
 * nodes or text, which stays text whatever it contains.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Children[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as (event: Event) => void) // the key fixes the event
    else setAttribute(element, name, value)
  }
  put(element, ...children)
  return element
}

export function setAttribute(element: Element, name: string, value: Attribute): void {
  if (value === undefined || value === false) element.removeAttribute(name)
  else element.setAttribute(name, value === true ? "" : String(value))
}

/** Appends children; the absent ones leave no trace. */
export function put(parent: ParentNode, ...children: Children[]): void {
  for (const child of children.flat())
    if (child !== undefined && child !== null && child !== false)
      parent.append(typeof child === "number" ? String(child) : child)
}

/** Replaces what is inside. */
export function fill(parent: Element, ...children: Children[]): void {
  parent.replaceChildren()
  put(parent, ...children)
}

/** The element of the page's frame with this id. */
export function byId(id: string): HTMLElement {
  return elementById(id, HTMLElement)
}

/** The same, when more is to be done with it than every element can. */
export function elementById<T extends HTMLElement>(id: string, kind: abstract new () => T): T {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`)
  return found
}

/** A drawing of 20 × 20 in the colour of the text beside it; `path` is one of ours. */
export function icon(path: string): SVGSVGElement {
  const namespace = "http://www.w3.org/2000/svg"
  const svg = document.createElementNS(namespace, "svg")
  svg.setAttribute("viewBox", "0 0 20 20")
  svg.setAttribute("class", "icon")
  svg.setAttribute("aria-hidden", "true")
  const line = document.createElementNS(namespace, "path")
  line.setAttribute("d", path)
  svg.append(line)
  return svg
}
