import { createViewer, type Viewer } from "./viewer.ts"

/** For pages that load this file as a module and bring a canvas of their own. */
export { createViewer }

/** Every `[data-viewer]` on the page becomes a 3D view of the GLB that its data-model names. */
for (const stage of document.querySelectorAll<HTMLElement>("[data-viewer]")) void mount(stage)

async function mount(stage: HTMLElement): Promise<void> {
  const { model, name = "model" } = stage.dataset
  const status = stage.parentElement?.querySelector<HTMLElement>("[data-viewer-status]")
  const say = (text: string) => {
    if (status) status.textContent = text
  }
  if (!model) return
  const canvas = document.createElement("canvas")
  canvas.tabIndex = 0
  canvas.setAttribute("role", "application")
  canvas.setAttribute("aria-roledescription", "3D view")
  canvas.setAttribute(
    "aria-label",
    `${name}. Arrow keys turn it, plus and minus zoom, R resets, C shows the stone close up, T starts and stops the turntable.`,
  )
  stage.prepend(canvas)
  const tools = toolbar()
  const giveUp = (reason: string) => {
    canvas.remove()
    tools.bar.remove()
    stage.dataset["state"] = "picture"
    say(reason)
  }
  let viewer: Viewer
  try {
    viewer = createViewer(canvas, {
      turntable: (on) => tools.turntable.setAttribute("aria-pressed", String(on)),
      lost: () => giveUp("The graphics driver stopped. Reload the page to try again."),
    })
  } catch {
    const instead = stage.querySelector("img") ? "so here is the picture. The files" : "but the files"
    giveUp(`This browser cannot show 3D (WebGL 2 is missing), ${instead} below work as they are.`)
    return
  }
  tools.turntable.addEventListener("click", () =>
    viewer.setTurntable(tools.turntable.getAttribute("aria-pressed") !== "true"),
  )
  tools.reset.addEventListener("click", () => viewer.reset())
  tools.closeUp.addEventListener("click", () => viewer.closeUp())
  try {
    say("Loading the 3D view …")
    const shown = await viewer.show(model, (share) => say(`Loading the 3D view, ${Math.floor(share * 4) * 25} % …`))
    tools.closeUp.hidden = shown.stones === 0
    stage.append(tools.bar)
    stage.dataset["stones"] = String(shown.stones)
    stage.dataset["state"] = "ready"
    say("Drag to turn, scroll or pinch to zoom, drag with two fingers or the right button to move.")
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches && stage.dataset.turntable === "on")
      viewer.setTurntable(true)
  } catch (error) {
    viewer.dispose()
    const reason = error instanceof Error ? error.message : "unknown"
    giveUp(`The 3D view could not be loaded (${reason}). Reload the page, or download the file below.`)
  }
}

function toolbar() {
  const bar = document.createElement("div")
  bar.className = "stage-tools"
  bar.setAttribute("role", "toolbar")
  bar.setAttribute("aria-label", "3D view")
  const button = (label: string) => {
    const made = document.createElement("button")
    made.type = "button"
    made.textContent = label
    bar.append(made)
    return made
  }
  const turntable = button("Turntable")
  turntable.setAttribute("aria-pressed", "false")
  return { bar, turntable, closeUp: button("Close-up"), reset: button("Reset") }
}
