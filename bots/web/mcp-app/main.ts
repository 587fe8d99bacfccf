import { createViewer, type Viewer } from "../viewer/viewer.ts"
import { connect, type Host } from "./host.ts"
import { readResult, type Shown } from "./result.ts"

declare const VERSION: string

const must = (selector: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(selector)
  if (!found) throw new Error(`no ${selector}`)
  return found
}
const stage = must("#stage")
const title = must("#title")
const status = must("#status")
const bar = must("#bar")

let host: Host | undefined
let viewer: Viewer | undefined
/** Results come in any order of arrival; only the last one asked for may be shown. */
let turn = 0

void start()

async function start(): Promise<void> {
  try {
    host = await connect("atelier-model", VERSION, {
      result: (result) => void show(result),
      context: ({ theme }) => {
        if (theme) document.documentElement.dataset["theme"] = theme
      },
      teardown: () => viewer?.dispose(),
    })
  } catch {
    status.textContent = "This view works inside an assistant that shows MCP Apps."
    return
  }
  const tellSize = () =>
    host?.notify("ui/notifications/size-changed", {
      width: document.documentElement.clientWidth,
      height: Math.ceil(document.body.getBoundingClientRect().height),
    })
  new ResizeObserver(tellSize).observe(document.body)
  tellSize()
}

async function show(result: Record<string, unknown>): Promise<void> {
  const mine = ++turn
  const shown = readResult(result)
  if (!shown) {
    status.textContent = "There is no picture or model in this answer."
    return
  }
  title.textContent = shown.title
  showPicture(shown)
  const bytes = shown.model === undefined ? undefined : await readModel(shown.model)
  if (mine !== turn) return
  if (!bytes) {
    status.textContent = shown.model === undefined ? "" : "The model is too large for this view. Open its page instead."
    showLinks(shown)
    return
  }
  await showModel(bytes, shown, mine)
}

/** The bytes of the GLB by resources/read; undefined when the server gives a link instead. */
async function readModel(uri: string): Promise<ArrayBuffer | undefined> {
  status.textContent = "Loading the 3D view …"
  try {
    const answer = await host?.request("resources/read", { uri })
    const contents: unknown = answer?.["contents"]
    const first: unknown = Array.isArray(contents) ? contents[0] : undefined
    const blob = typeof first === "object" && first !== null && "blob" in first ? first.blob : undefined
    if (typeof blob !== "string") return undefined
    const binary = atob(blob)
    return Uint8Array.from(binary, (byte) => byte.charCodeAt(0)).buffer
  } catch {
    return undefined
  }
}

async function showModel(bytes: ArrayBuffer, shown: Shown, mine: number): Promise<void> {
  try {
    viewer ??= createViewer(canvas(), {
      turntable: (on) => bar.querySelector("#turn")?.setAttribute("aria-pressed", String(on)),
      lost: () => {
        status.textContent = "The graphics driver stopped."
      },
    })
    await viewer.show(bytes)
    if (mine !== turn) return
    stage.querySelector("img")?.remove()
    stage.dataset["state"] = "ready"
    status.textContent = "Drag to turn, scroll or pinch to zoom."
    showLinks(shown, viewer)
  } catch {
    status.textContent = "This host cannot show 3D, so here is the picture."
    showLinks(shown)
  }
}

function canvas(): HTMLCanvasElement {
  const made = document.createElement("canvas")
  made.tabIndex = 0
  made.setAttribute("role", "application")
  made.setAttribute(
    "aria-label",
    "3D view. Arrow keys turn it, plus and minus zoom, R resets, C shows the stone close up.",
  )
  stage.append(made)
  return made
}

function showPicture({ picture, title: words }: Shown): void {
  stage.querySelector("img")?.remove()
  if (picture === undefined || stage.dataset["state"] === "ready") return
  const image = document.createElement("img")
  image.src = picture
  image.alt = words
  stage.append(image)
}

function showLinks({ links }: Shown, view?: Viewer): void {
  bar.replaceChildren()
  if (view) {
    const turntable = button("Turntable", () => view.setTurntable(turntable.getAttribute("aria-pressed") !== "true"))
    turntable.id = "turn"
    turntable.setAttribute("aria-pressed", "false")
    bar.append(
      turntable,
      button("Close-up", () => view.closeUp()),
      button("Reset", () => view.reset()),
    )
  }
  if (!host?.canOpenLinks) return
  for (const { label, url } of links) bar.append(button(label, () => void host?.request("ui/open-link", { url })))
}

function button(label: string, press: () => void): HTMLButtonElement {
  const made = document.createElement("button")
  made.type = "button"
  made.textContent = label
  made.addEventListener("click", press)
  return made
}
