import { Matrix4, type Mesh, NeutralToneMapping, PerspectiveCamera, Scene, Sphere, Vector3, WebGLRenderer } from "three"
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js"
import { listenToKeys } from "./keys.ts"
import { type LoadedModel, loadModel } from "./model.ts"
import { makePicture } from "./picture.ts"
import { makeShadow } from "./shadow.ts"
import { makeStudio } from "./softboxes.ts"

export interface Viewer {
  /**
   * Replaces the model; the memory of the one before is freed. Rejects with a plain reason. `keepView`, for the next
   * revision of the same thing: a view that somebody chose stays; otherwise the whole of it is shown, seen from the same side.
   */
  show(
    source: string | ArrayBuffer,
    onProgress?: (share: number) => void,
    options?: { keepView?: boolean },
  ): Promise<{ triangles: number; stones: number }>
  setTurntable(on: boolean): void
  reset(): void
  /** Looks at the largest stone from near by. */
  closeUp(): void
  dispose(): void
}

export interface ViewerEvents {
  turntable(on: boolean): void
  /** The driver took the graphics memory away: nothing can be drawn any more. */
  lost(): void
}

/** Seen from the front, a little from the right and above. */
const FROM = new Vector3(0.34, 0.4, 1).normalize()
/** A stone is at its best through the table. */
const FROM_ABOVE = new Vector3(0.16, 0.85, 1).normalize()
const FIELD_DEG = 24
const MARGIN = 1.06
/** Frames in the mean of a resting view. */
const REST_SAMPLES = 24
/** Frames in the mean of a moving view, on a machine that keeps up. */
const MOVING_SAMPLES = 3
/** A frame that takes longer than this costs the moving view one of them. */
const BUSY_MS = 24
/** A machine that takes longer than this per frame gets fewer samples and a coarser picture while moving. */
const SLOW_MS = 90
const TURN_RADIANS_PER_S = 0.35
const EXPOSURE = 0.7

/** Throws when the browser has no WebGL 2. The canvas gets keyboard, mouse and touch; the loop runs only when needed. */
export function createViewer(canvas: HTMLCanvasElement, tell: ViewerEvents): Viewer {
  const renderer = new WebGLRenderer({ canvas, alpha: true, antialias: false, powerPreference: "high-performance" })
  renderer.toneMapping = NeutralToneMapping
  renderer.toneMappingExposure = EXPOSURE
  renderer.setClearColor(0x000000, 0)
  renderer.autoClear = false
  const studio = makeStudio(renderer)
  const picture = makePicture(renderer)
  const scene = new Scene()
  scene.environment = studio.environment
  const camera = new PerspectiveCamera(FIELD_DEG, 1, 0.001, 10)
  const controls = new OrbitControls(camera, canvas)
  controls.enableDamping = true
  controls.dampingFactor = 0.12
  controls.maxPolarAngle = Math.PI * 0.58

  let model: LoadedModel | undefined
  let shadow: ReturnType<typeof makeShadow> | undefined
  let loading: AbortController | undefined
  let turntable = false
  /** Somebody turned or zoomed: the view is theirs, until they reset it. */
  let chosen = false
  let [sample, lastTime, frameMs, scale, pending, movingSamples] = [0, 0, 0, 1, 0, MOVING_SAMPLES]
  const studioTurn = new Matrix4()

  const request = () => {
    if (!pending) pending = requestAnimationFrame(frame)
  }
  const restart = () => {
    sample = 0
    canvas.dataset["rest"] = "no"
    request()
  }

  function frame(time: number): void {
    pending = 0
    const elapsed = lastTime ? Math.min(250, time - lastTime) : 16
    if (lastTime && sample > 0) frameMs = frameMs * 0.6 + (time - lastTime) * 0.4
    lastTime = time
    if (!model) return
    const before = camera.matrixWorld.clone()
    if (turntable && frameMs > SLOW_MS * 3) setTurntable(false) // a slide show at full load is no turntable
    if (turntable) turn(TURN_RADIANS_PER_S * (elapsed / 1000))
    controls.update()
    camera.updateMatrixWorld()
    const moved = !before.equals(camera.matrixWorld)
    adapt(moved)
    if (moved) sample = 0
    const most = frameMs > SLOW_MS * 4 ? 4 : frameMs > SLOW_MS ? 10 : REST_SAMPLES
    lightFollowsCamera()
    if (moved && frameMs > BUSY_MS) movingSamples = Math.max(1, movingSamples - 1)
    for (let i = 0; i < (moved ? movingSamples : 1); i++) {
      for (const gem of model.gems) gem.update(camera, studioTurn, sample)
      picture.draw(scene, camera, sample++)
    }
    const resting = !moved && !turntable && sample >= most
    canvas.dataset["rest"] = resting ? "yes" : "no"
    if (resting) lastTime = 0
    else request()
  }

  /** The lights stand with the photographer: the piece turns before them, and every side is well lit. */
  function lightFollowsCamera(): void {
    const angle = Math.atan2(camera.position.x - controls.target.x, camera.position.z - controls.target.z)
    scene.environmentRotation.set(0, angle - HOME_ANGLE, 0)
    studioTurn.makeRotationY(HOME_ANGLE - angle)
  }

  /** Slow machines move at a coarser grain and rest at the full one. */
  function adapt(moving: boolean): void {
    const wanted = moving && frameMs > SLOW_MS ? 0.6 : 1
    if (wanted !== scale) {
      scale = wanted
      resize()
    }
  }

  function turn(radians: number): void {
    camera.position.sub(controls.target).applyAxisAngle(UP, radians).add(controls.target)
  }

  function resize(): void {
    const ratio = Math.min(2, devicePixelRatio) * scale
    const [width, height] = [Math.max(1, canvas.clientWidth), Math.max(1, canvas.clientHeight)]
    renderer.setPixelRatio(ratio)
    renderer.setSize(width, height, false)
    picture.resize(Math.floor(width * ratio), Math.floor(height * ratio))
    camera.aspect = width / height
    camera.updateProjectionMatrix()
    restart()
  }

  /** How far away a sphere fills the narrower side of the view. */
  function distanceFor(radius: number): number {
    const half = (FIELD_DEG * Math.PI) / 360
    return (radius * MARGIN) / Math.sin(Math.min(half, Math.atan(Math.tan(half) * camera.aspect)))
  }

  function closeUp(): void {
    const stone = model?.gems
      .map((gem) => gem.mesh)
      .map(boundsOf)
      .sort((a, b) => b.radius - a.radius)[0]
    if (!stone) return
    setTurntable(false)
    chosen = true
    controls.target.copy(stone.center)
    camera.position.copy(stone.center).addScaledVector(FROM_ABOVE, distanceFor(stone.radius * 1.35))
    restart()
  }

  function reset(): void {
    chosen = false
    fit(FROM)
  }

  /** Shows the whole piece, seen from there. */
  function fit(from: Vector3): void {
    if (!model) return
    const { center, radius } = model.sphere
    const distance = distanceFor(radius)
    camera.near = distance / 100
    camera.far = distance * 20
    controls.minDistance = radius * 0.5
    controls.maxDistance = distance * 4
    controls.target.copy(center)
    camera.position.copy(center).addScaledVector(from, distance)
    camera.updateProjectionMatrix()
    restart()
  }

  function drop(): void {
    shadow?.dispose()
    model?.dispose()
    shadow = model = undefined
  }

  function setTurntable(on: boolean): void {
    if (on === turntable) return
    turntable = on
    tell.turntable(on)
    restart()
  }

  controls.addEventListener("change", request)
  controls.addEventListener("start", () => {
    chosen = true
    setTurntable(false)
  })
  const forgetKeys = listenToKeys(canvas, camera, controls, {
    moved: () => {
      chosen = true
      setTurntable(false)
      restart()
    },
    reset,
    closeUp,
    toggleTurntable: () => setTurntable(!turntable),
  })
  const observer = new ResizeObserver(() => {
    resize()
    cancelAnimationFrame(pending)
    frame(performance.now()) // at once: a resized canvas is empty until it is drawn
  })
  observer.observe(canvas)
  canvas.addEventListener("webglcontextlost", () => tell.lost(), { once: true })
  resize()

  return {
    show: async (source, onProgress = () => undefined, { keepView = false } = {}) => {
      loading?.abort()
      const mine = (loading = new AbortController())
      const next = await loadModel(source, studio, mine.signal, onProgress)
      if (mine.signal.aborted) {
        next.dispose()
        throw new Error("another model was asked for")
      }
      const placed = model !== undefined && keepView
      drop()
      model = next
      scene.add(next.group)
      const { center, radius } = next.sphere
      shadow = makeShadow(renderer, next.group, {
        centerX: center.x,
        centerZ: center.z,
        floorY: next.box.min.y,
        radius,
      })
      scene.add(shadow.floor)
      if (!placed) reset()
      else if (!chosen) fit(camera.position.clone().sub(controls.target).normalize())
      camera.updateMatrixWorld()
      await compile(next)
      restart()
      return { triangles: next.triangles, stones: next.gems.length }
    },
    setTurntable,
    reset,
    closeUp,
    dispose: () => {
      loading?.abort()
      cancelAnimationFrame(pending)
      observer.disconnect()
      forgetKeys()
      controls.dispose()
      drop()
      studio.dispose()
      picture.dispose()
      renderer.dispose()
    },
  }

  /** Stones whose shader the driver refuses get the material of the file. */
  async function compile(shown: LoadedModel): Promise<void> {
    if (shown.gems.length === 0) return
    let refused = false
    renderer.debug.onShaderError = () => {
      refused = true
    }
    try {
      await renderer.compileAsync(scene, camera)
      picture.draw(scene, camera, 0)
    } finally {
      renderer.debug.onShaderError = null
    }
    if (!refused) return
    for (const gem of shown.gems) gem.mesh.material = gem.fallback
    shown.gems.length = 0
  }
}

function boundsOf(mesh: Mesh): Sphere {
  mesh.geometry.computeBoundingSphere()
  return (mesh.geometry.boundingSphere ?? new Sphere()).clone().applyMatrix4(mesh.matrixWorld)
}

const UP = new Vector3(0, 1, 0)
const HOME_ANGLE = Math.atan2(FROM.x, FROM.z)
