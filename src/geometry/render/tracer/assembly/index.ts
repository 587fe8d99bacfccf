// What Node calls. All threads hold one instance each over the same memory: `attach` once, then for each picture thread 0
// calls `prepare`, everybody calls `run`, and all return when the bytes are written or the picture was cancelled.
import * as at from "./header"
import { bindBuild, buildSubtree, buildTop, measureTriangles } from "./bvh"
import { bindCamera } from "./camera"
import { bindDenoise, denoiseRow, divideRow, smoothShadowRow, spreadDistanceRow } from "./denoise"
import { bindEnvironment, fillEnvironmentRows, finishEnvironment } from "./environment"
import { bindFinish, blurGlare, collectGlareRow, developRow, fillCurve } from "./finish"
import { bindPixels, classify, renderPixel } from "./pixel"
import { fillSequence } from "./sampler"
import { address, barrier, bindThread, cancelled, scratch, stack, thread, ticket, word, wordAddress } from "./shared"
import { bindSurface, prepareMaterials } from "./surface"
import { bindTraversal, closestHit, ANY, FAR, hitT, hitTriangle, rays } from "./traverse"

export { attach } from "./shared"
export { bandB, bandColour, bandG, bandR, cosineInside, fresnel, indexAt } from "./fresnel"

const TILE: i32 = 32
const ROWS: i32 = 8
const ENVIRONMENT_TASKS: i32 = 16

function bind(): void {
  bindThread()
  bindBuild()
  bindTraversal()
  bindSurface()
  bindEnvironment()
  bindCamera()
  bindPixels()
  bindDenoise()
  bindFinish()
}

/** Thread 0: tables, materials and the top of the tree; then the others may start on its branches. */
export function prepare(): void {
  bind()
  fillSequence()
  fillCurve()
  prepareMaterials()
  measureTriangles(0, word(at.TRIANGLES))
  buildTop(word(at.TRIANGLES))
  atomic.store<i32>(wordAddress(at.TOP_READY), 1)
  atomic.notify(wordAddress(at.TOP_READY), -1)
}

export function run(): void {
  bind()
  while (atomic.load<i32>(wordAddress(at.TOP_READY)) == 0) atomic.wait<i32>(wordAddress(at.TOP_READY), 0, -1)
  const lit = word(at.ENVIRONMENT_READY) == word(at.ENVIRONMENT_KIND) + 1
  build(lit ? 0 : ENVIRONMENT_TASKS)
  barrier()
  if (thread == 0 && !lit) {
    finishEnvironment()
    store<i32>(wordAddress(at.ENVIRONMENT_READY), cancelled() ? 0 : word(at.ENVIRONMENT_KIND) + 1)
  }
  tiles(false)
  barrier()
  tiles(true)
  barrier()
  finish()
  atomic.add<i32>(wordAddress(at.RAYS), rays)
}

/** Builds the branches of the tree and the rows of the environment, whichever comes next. */
function build(lightTasks: i32): void {
  const tasks = lightTasks + word(at.QUEUE_COUNT)
  const rows = at.ENVIRONMENT_SIZE / ENVIRONMENT_TASKS
  while (!cancelled()) {
    const task = ticket(at.TASK_TICKET)
    if (task >= tasks) return
    if (task < lightTasks) fillEnvironmentRows(task * rows, (task + 1) * rows)
    else buildSubtree(address(at.AT_QUEUE) + (<usize>(task - lightTasks) << 6), stack)
  }
}

function tiles(sampling: bool): void {
  const width = word(at.WIDTH)
  const height = word(at.HEIGHT)
  const across = (width + TILE - 1) / TILE
  const count = across * ((height + TILE - 1) / TILE)
  while (true) {
    const tile = ticket(at.TICKET)
    if (tile >= count) return
    const x0 = (tile % across) * TILE
    const y0 = (tile / across) * TILE
    const x1 = min<i32>(x0 + TILE, width)
    const y1 = min<i32>(y0 + TILE, height)
    for (let y = y0; y < y1; y++)
      for (let x = x0; x < x1; x++) {
        if (cancelled()) return
        if (sampling) renderPixel(x, y)
        else classify(x, y)
      }
  }
}

function finish(): void {
  const height = word(at.HEIGHT)
  rows(height, 0)
  for (let pass = 0; pass < 3; pass++) rows(height, 1 + pass)
  for (let pass = 0; pass < 4; pass++) rows(height, 4 + pass)
  rows((height + at.GLARE_REDUCTION - 1) / at.GLARE_REDUCTION, 8)
  if (thread == 0 && !cancelled()) blurGlare()
  barrier()
  rows(height, 9)
}

/** All rows of one step of the finish, shared between the threads, then the barrier. */
function rows(count: i32, step: i32): void {
  while (!cancelled()) {
    const from = ticket(at.TICKET) * ROWS
    if (from >= count) break
    const to = min<i32>(from + ROWS, count)
    for (let y = from; y < to; y++) {
      if (step == 0) {
        divideRow(y)
        spreadDistanceRow(y)
      } else if (step < 4) denoiseRow(step - 1, y)
      else if (step < 8) smoothShadowRow(step - 4, y)
      else if (step == 8) collectGlareRow(y)
      else developRow(y)
    }
  }
  barrier()
}

/** Casts `count` rays (origin, direction: 6 f32 each) and writes distance (f32, −1 = none) and triangle (i32) of each. */
export function castRays(from: usize, count: i32, to: usize): void {
  bindThread()
  bindTraversal()
  for (let i = 0; i < count; i++) {
    const p = from + <usize>i * 24
    const hit = closestHit(load<f32>(p), load<f32>(p, 4), load<f32>(p, 8), load<f32>(p, 12), load<f32>(p, 16), load<f32>(p, 20), FAR, ANY)
    store<f32>(to + (<usize>i << 3), hit ? hitT : -1)
    store<i32>(to + (<usize>i << 3), hitTriangle, 4)
  }
}

/** For callers without threads (tests, measurements): the whole tree on this thread. */
export function buildTree(): void {
  prepare()
  build(0)
}
