import { type PerspectiveCamera, Spherical, Vector3 } from "three"
import type { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js"

const STEP = Math.PI / 24
const ZOOM = 1.12

interface Actions {
  moved(): void
  reset(): void
  closeUp(): void
  toggleTurntable(): void
}

/** Arrow keys turn, + and − zoom, R resets, C looks at the stone, T is the turntable. Returns what takes the listener away again. */
export function listenToKeys(
  canvas: HTMLCanvasElement,
  camera: PerspectiveCamera,
  controls: OrbitControls,
  actions: Actions,
): () => void {
  const around = new Spherical()
  const offset = new Vector3()
  const orbit = (sideways: number, upwards: number, zoom: number) => {
    around.setFromVector3(offset.copy(camera.position).sub(controls.target))
    around.theta += sideways
    around.phi = Math.min(controls.maxPolarAngle, Math.max(0.05, around.phi + upwards))
    around.radius = Math.min(controls.maxDistance, Math.max(controls.minDistance, around.radius * zoom))
    camera.position.setFromSpherical(around).add(controls.target)
    actions.moved()
  }
  const keys: Record<string, () => void> = {
    ArrowLeft: () => orbit(-STEP, 0, 1),
    ArrowRight: () => orbit(STEP, 0, 1),
    ArrowUp: () => orbit(0, -STEP, 1),
    ArrowDown: () => orbit(0, STEP, 1),
    "+": () => orbit(0, 0, 1 / ZOOM),
    "=": () => orbit(0, 0, 1 / ZOOM),
    "-": () => orbit(0, 0, ZOOM),
    r: () => actions.reset(),
    R: () => actions.reset(),
    c: () => actions.closeUp(),
    C: () => actions.closeUp(),
    t: () => actions.toggleTurntable(),
    T: () => actions.toggleTurntable(),
  }
  const onKey = (event: KeyboardEvent) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key]
    if (!action) return
    event.preventDefault()
    action()
  }
  canvas.addEventListener("keydown", onKey)
  return () => canvas.removeEventListener("keydown", onKey)
}
