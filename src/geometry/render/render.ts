import { UserError } from "#src/errors.ts"
import type { Model, Rgb } from "#src/geometry/mesh.ts"
import { type Camera, type View, frame } from "./camera.ts"
import { type Layout, MOST_THREADS, layoutMemory } from "./layout.ts"
import { type Pool, withPool } from "./pool.ts"
import { QUALITIES, type Quality } from "./quality.ts"
import { checkModel, extentOf, loadModel } from "./scene.ts"
import * as at from "./tracer/assembly/header.ts"

export type Background = "studio" | "white" | "dark" | "transparent"

export interface RenderOptions {
  /** Pixels, 16…4096. */
  width: number
  height: number
  quality: Quality
  /** Default "three-quarter". */
  view?: View
  /** Default "studio". */
  background?: Background
  /** Random seed; the same seed gives the same pixels. */
  seed?: number
  /** Render threads, 1…64. */
  threads: number
  signal?: AbortSignal
  /** Called about ten times a second with the share done, 0…1. */
  onProgress?: (share: number) => void
  /** What lights the model; "uniform" is white from everywhere, for measurements. Default "studio". */
  light?: "studio" | "uniform"
}

/** A rendered picture. */
export interface Picture {
  /** sRGB, 8 bits a channel, straight alpha, rows from the top. */
  rgba: Uint8Array
  width: number
  height: number
  facts: {
    engine: "builtin"
    /** Samples of each pixel that shows the model. */
    samples: number
    /** Wall time from the turn of this picture to its last byte. */
    ms: number
    triangles: number
    threads: number
    /** Rays cast. */
    rays: number
  }
}

const SMALLEST = 16
const LARGEST = 4096
const EXPOSURE = 0.55
/** Share of the model's size by which rays start off a surface: some 60 units in the last place of a coordinate. */
const OFFSET_SHARE = 8e-6
const BACKGROUNDS: Readonly<Record<Background, Rgb>> = {
  studio: [0.81, 0.8, 0.785],
  white: [1, 1, 1],
  dark: [0.028, 0.028, 0.032],
  transparent: [0, 0, 0],
}
const PROGRESS_MS = 100

/**
 * Draws a model. The same model, options and seed give the same bytes, whatever the number of threads.
 * Throws UserError for sizes, thread counts, views or models that cannot be drawn, and the signal's reason when aborted.
 */
export async function render(model: Model, options: RenderOptions): Promise<Picture> {
  const { signal } = options
  signal?.throwIfAborted()
  checkOptions(options)
  const counts = { ...(await checkModel(model, signal)), width: options.width, height: options.height }
  const camera = frame(model, options.view ?? "three-quarter", options.width, options.height)
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal?.reason)
  signal?.addEventListener("abort", abort, { once: true })
  try {
    // An aborted caller does not wait for the threads to notice; the pool does before the next picture.
    const drawn = withPool((pool) => draw(pool, model, options, counts, camera))
    drawn.catch(() => {})
    return await Promise.race([drawn, aborted.promise])
  } finally {
    signal?.removeEventListener("abort", abort)
  }
}

async function draw(
  pool: Pool,
  model: Model,
  options: RenderOptions,
  counts: Parameters<typeof layoutMemory>[0],
  camera: Camera,
): Promise<Picture> {
  const { signal, threads, width, height } = options
  signal?.throwIfAborted()
  const started = performance.now()
  const layout = layoutMemory(counts)
  pool.reserve(layout.end)
  const parts = await loadModel(model, pool.memory, layout, signal)
  signal?.throwIfAborted()
  const header = pool.header()
  writeHeader(header, layout, options, counts, camera, extentOf(model))
  const cancel = () => Atomics.store(header, at.CANCEL, 1)
  signal?.addEventListener("abort", cancel, { once: true })
  const progress = watch(header, options)
  try {
    await pool.run(threads, parts)
  } finally {
    clearInterval(progress)
    signal?.removeEventListener("abort", cancel)
  }
  // A cancelled picture leaves a healthy pool: it is given back as an empty picture that nobody waits for.
  if (Atomics.load(header, at.CANCEL) === 0) options.onProgress?.(1)
  const bytes = new Uint8Array(pool.memory.buffer, layout.addresses.get(at.AT_RGBA), width * height * 4)
  return {
    rgba: bytes.slice(),
    width,
    height,
    facts: {
      engine: "builtin",
      samples: QUALITIES[options.quality].object,
      ms: Math.round(performance.now() - started),
      triangles: counts.triangles,
      threads,
      rays: header[at.RAYS]! >>> 0,
    },
  }
}

function checkOptions({ width, height, quality, threads, seed, background }: RenderOptions): void {
  for (const [name, value] of Object.entries({ width, height }))
    if (!Number.isInteger(value) || value < SMALLEST || value > LARGEST)
      throw new UserError(
        `A picture cannot be ${value} pixels in ${name}.`,
        `Width and height are whole numbers from ${SMALLEST} to ${LARGEST}.`,
      )
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS)
    throw new UserError(`${threads} render threads cannot be used.`, `Allowed are 1 to ${MOST_THREADS}.`)
  if (!Object.hasOwn(QUALITIES, quality))
    throw new UserError(`There is no quality "${quality}".`, `Choose ${Object.keys(QUALITIES).join(", ")}.`)
  if (background !== undefined && !Object.hasOwn(BACKGROUNDS, background))
    throw new UserError(`There is no background "${background}".`, `Choose ${Object.keys(BACKGROUNDS).join(", ")}.`)
  if (seed !== undefined && !Number.isInteger(seed))
    throw new UserError(`The seed ${seed} is not a whole number.`, "Give a whole number such as 1.")
}

/** Everything that the threads must know about this picture. The environment map in memory stays valid. */
function writeHeader(
  header: Int32Array,
  layout: Layout,
  options: RenderOptions,
  counts: { triangles: number; parts: number },
  camera: Camera,
  extent: { lowest: number; diagonal: number },
): void {
  const background = options.background ?? "studio"
  const lit = header[at.ENVIRONMENT_READY]!
  const reals = new Float32Array(header.buffer, header.byteOffset, header.length)
  const samples = QUALITIES[options.quality]
  header.fill(0)
  header[at.ENVIRONMENT_READY] = lit
  for (const [field, address] of layout.addresses) header[field] = address
  header[at.THREADS] = options.threads
  header[at.WIDTH] = options.width
  header[at.HEIGHT] = options.height
  header[at.SAMPLES_OPEN] = samples.open
  header[at.SAMPLES_OBJECT] = samples.object
  header[at.SAMPLES_GEM] = samples.gem
  header[at.SAMPLES_EDGE] = samples.edge
  header[at.SEED] = options.seed ?? 1
  header[at.TRANSPARENT] = background === "transparent" ? 1 : 0
  header[at.TRIANGLES] = counts.triangles
  header[at.PARTS] = counts.parts
  header[at.ENVIRONMENT_KIND] = options.light === "uniform" ? at.ENVIRONMENT_UNIFORM : at.ENVIRONMENT_STUDIO
  header[at.GLARE] = options.light === "uniform" ? 0 : 1
  reals.set(camera.eye, at.EYE)
  reals.set(camera.right, at.RIGHT)
  reals.set(camera.up, at.UP)
  reals.set(camera.forward, at.FORWARD)
  reals[at.TAN_X] = camera.tanX
  reals[at.TAN_Y] = camera.tanY
  reals[at.GROUND_Y] = extent.lowest
  reals[at.OFFSET] = extent.diagonal * OFFSET_SHARE
  reals[at.EXPOSURE] = EXPOSURE
  reals.set(BACKGROUNDS[background], at.BACKGROUND)
  reals[at.PIXEL_SIZE] = (2 * camera.tanY * camera.distance) / options.height
}

/** Share of the work that is over when each phase begins: tree, first look, samples, then the finish. */
const PHASE_SHARES = [0, 0.2, 0.25, 0.9]
const TILE_PIXELS = 32 * 32

function watch(header: Int32Array, options: RenderOptions): NodeJS.Timeout | undefined {
  const { onProgress } = options
  if (!onProgress) return undefined
  const tiles = Math.ceil((options.width * options.height) / TILE_PIXELS)
  return setInterval(() => {
    const phase = Atomics.load(header, at.PHASE)
    const from = PHASE_SHARES[phase] ?? 0.95
    const to = PHASE_SHARES[phase + 1] ?? 1
    const within = phase === 2 ? Math.min(1, Atomics.load(header, at.TICKET) / tiles) : 0
    onProgress(from + (to - from) * within)
  }, PROGRESS_MS)
}
