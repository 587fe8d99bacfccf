import type { createViewer, Viewer } from "../viewer/viewer.ts"
import { byId, h } from "./h.ts"

export interface ThreeD {
  /** Shows this model; `keepView` when it is the next revision of the same thing. Rejects with a plain reason. */
  show(url: string, name: string, options: { keepView: boolean }): Promise<void>
  /** Frees all graphics memory. */
  clear(): void
}

interface ViewerModule {
  createViewer: typeof createViewer
}

/** The 3D view, loaded with the first model. `lost` is called when the driver takes the graphics memory away. */
export function createThreeD(frame: HTMLElement, lost: () => void): ThreeD {
  let made: { viewer: Viewer; parts: HTMLElement[]; canvas: HTMLCanvasElement; closeUp: HTMLElement } | undefined
  let loaded: Promise<ViewerModule> | undefined

  function clear(): void {
    made?.viewer.dispose()
    for (const part of made?.parts ?? []) part.remove()
    made = undefined
  }

  async function make() {
    const address = new URL(document.body.dataset["viewer"] ?? "", document.baseURI).href
    loaded ??= import(address) as Promise<ViewerModule> // the viewer of this studio
    const { createViewer } = await loaded.catch((error: unknown) => {
      loaded = undefined
      throw error
    })
    if (made) return made
    const canvas = h("canvas", { tabindex: 0, role: "application", "aria-roledescription": "3D view" })
    const turntable = h("button", { type: "button", "aria-pressed": "false" }, "Turntable")
    const closeUp = h("button", { type: "button" }, "Close-up")
    const reset = h("button", { type: "button" }, "Reset")
    const bar = h("div", { class: "stage-tools", role: "toolbar", "aria-label": "3D view" }, turntable, closeUp, reset)
    frame.append(canvas)
    byId("scene-tools").append(bar)
    try {
      const viewer = createViewer(canvas, {
        turntable: (on) => turntable.setAttribute("aria-pressed", String(on)),
        lost: () => {
          clear()
          lost()
        },
      })
      turntable.addEventListener("click", () => viewer.setTurntable(turntable.getAttribute("aria-pressed") !== "true"))
      closeUp.addEventListener("click", () => viewer.closeUp())
      reset.addEventListener("click", () => viewer.reset())
      return (made = { viewer, parts: [canvas, bar], canvas, closeUp })
    } catch {
      canvas.remove()
      bar.remove()
      throw new Error("this browser has no WebGL 2")
    }
  }

  return {
    show: async (url, name, options) => {
      const { viewer, canvas, closeUp } = await make()
      canvas.setAttribute(
        "aria-label",
        `${name}. Arrow keys turn it, plus and minus zoom, R resets, C shows the stone close up, T starts and stops the turntable.`,
      )
      const { stones } = await viewer.show(url, undefined, options)
      closeUp.hidden = stones === 0
    },
    clear,
  }
}

/** Whether somebody could see it now: on a phone only one part of the page is shown. */
export function isVisible(): boolean {
  return byId("stage").offsetParent !== null
}
