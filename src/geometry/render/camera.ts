import { UserError } from "#src/errors.ts"
import type { Model, Rgb } from "#src/geometry/mesh.ts"

export type NamedView = "three-quarter" | "front" | "top" | "side" | "head"

/** From where the model is seen (direction from the model to the camera) and the vertical field of view. */
export interface FreeView {
  direction: readonly [number, number, number]
  fieldDeg: number
}

export type View = NamedView | FreeView

export const VIEWS: Readonly<Record<NamedView, FreeView>> = {
  "three-quarter": { direction: [0.34, 0.36, 1], fieldDeg: 24 },
  front: { direction: [0, 0.14, 1], fieldDeg: 24 },
  top: { direction: [0, 1, 0.3], fieldDeg: 24 },
  side: { direction: [1, 0.16, 0.05], fieldDeg: 24 },
  head: { direction: [0.34, 0.42, 1], fieldDeg: 17 },
}

const MARGIN = 1.06

/** A pinhole camera: place, axes of unit length, and half the picture plane at distance 1. */
export interface Camera {
  eye: Rgb
  right: Rgb
  up: Rgb
  forward: Rgb
  tanX: number
  tanY: number
  /** Distance from the eye to the middle of what it frames. */
  distance: number
}

interface Box {
  low: [number, number, number]
  high: [number, number, number]
}

/** The camera of a view that frames the model (or its head) with a small margin in a picture of this shape. */
export function frame(model: Model, view: View, width: number, height: number): Camera {
  const free = typeof view === "string" ? VIEWS[view] : checked(view)
  const points = view === "head" ? corners(headBox(model)) : undefined
  const back = unit(free.direction)
  const right = unit(cross(Math.abs(back[1]) > 0.9999 ? [0, 0, -1] : [0, 1, 0], back))
  const up = cross(back, right)
  const tanY = tangent(free.fieldDeg / 2)
  const tanX = (tanY * width) / height
  const fit = fitDistance(model, points, [right, up, back], tanX / MARGIN, tanY / MARGIN)
  const at = (k: 0 | 1 | 2) => right[k] * fit.x + up[k] * fit.y + back[k] * fit.z
  return {
    eye: [at(0), at(1), at(2)],
    right,
    up,
    forward: [-back[0], -back[1], -back[2]],
    tanX,
    tanY,
    distance: fit.distance,
  }
}

function checked(view: FreeView): FreeView {
  const { direction, fieldDeg } = view
  if (!direction.every(Number.isFinite) || Math.hypot(...direction) < 1e-6)
    throw new UserError(
      `The view direction (${direction.join(", ")}) is no direction.`,
      "Give three finite numbers that are not all zero, such as 0.34, 0.36, 1.",
    )
  if (!(fieldDeg >= 5 && fieldDeg <= 90))
    throw new UserError(`A field of view of ${fieldDeg}° cannot be drawn.`, "Allowed are 5 to 90 degrees.")
  return view
}

/**
 * The nearest camera that sees all points. In camera axes a point (x, y, z) lies inside the right border when
 * x − cx ≤ tan · (cz − z), so each border is one maximum over the points, and opposite borders give the centre.
 */
function fitDistance(model: Model, points: Float32Array | undefined, axes: Rgb[], tanX: number, tanY: number) {
  const [right, up, back] = axes as [Rgb, Rgb, Rgb]
  const most = { east: -Infinity, west: -Infinity, north: -Infinity, south: -Infinity }
  let near = -Infinity
  let far = Infinity
  for (const positions of points ? [points] : model.parts.map((part) => part.mesh.positions))
    for (let i = 0; i < positions.length; i += 3) {
      const px = positions[i]!
      const py = positions[i + 1]!
      const pz = positions[i + 2]!
      const x = px * right[0] + py * right[1] + pz * right[2]
      const y = px * up[0] + py * up[1] + pz * up[2]
      const z = px * back[0] + py * back[1] + pz * back[2]
      if (x + tanX * z > most.east) most.east = x + tanX * z
      if (tanX * z - x > most.west) most.west = tanX * z - x
      if (y + tanY * z > most.north) most.north = y + tanY * z
      if (tanY * z - y > most.south) most.south = tanY * z - y
      if (z > near) near = z
      if (z < far) far = z
    }
  const depth = Math.max((most.east + most.west) / (2 * tanX), (most.north + most.south) / (2 * tanY))
  return {
    x: (most.east - most.west) / 2,
    y: (most.north - most.south) / 2,
    // Something flat seen edge on still needs a camera outside of it.
    z: Math.max(depth, near + (near - far) * 0.05 + 1e-6),
    distance: depth - (near + far) / 2,
  }
}

/** The largest stone with its setting around it; without stones the upper part of the model. */
function headBox(model: Model): Box {
  const stones = model.parts.filter((part) => part.role === "stone").map((part) => boxOf([part.mesh.positions]))
  const largest = stones.sort((a, b) => size(b) - size(a))[0]
  if (!largest) {
    const whole = boxOf(model.parts.map((part) => part.mesh.positions))
    return {
      low: [whole.low[0], whole.high[1] - (whole.high[1] - whole.low[1]) * 0.35, whole.low[2]],
      high: whole.high,
    }
  }
  const [x, y, z] = [0, 1, 2].map((k) => largest.high[k]! - largest.low[k]!) as [number, number, number]
  return {
    low: [largest.low[0] - x * 0.12, largest.low[1] - y * 0.75, largest.low[2] - z * 0.12],
    high: [largest.high[0] + x * 0.12, largest.high[1] + y * 0.15, largest.high[2] + z * 0.12],
  }
}

function size(box: Box): number {
  return Math.max(box.high[0] - box.low[0], box.high[1] - box.low[1], box.high[2] - box.low[2])
}

function boxOf(lists: Float32Array[]): Box {
  const box: Box = { low: [Infinity, Infinity, Infinity], high: [-Infinity, -Infinity, -Infinity] }
  for (const positions of lists)
    for (let i = 0; i < positions.length; i++) {
      const k = (i % 3) as 0 | 1 | 2
      const value = positions[i]!
      if (value < box.low[k]) box.low[k] = value
      if (value > box.high[k]) box.high[k] = value
    }
  return box
}

function corners({ low, high }: Box): Float32Array {
  const points = new Float32Array(24)
  for (let i = 0; i < 8; i++) for (const k of [0, 1, 2] as const) points[i * 3 + k] = ((i >> k) & 1 ? high : low)[k]
  return points
}

/** tan of an angle below 45° from its power series: Math.tan may differ in the last bit from machine to machine. */
function tangent(degrees: number): number {
  const x = (degrees * Math.PI) / 180
  let sine = 0
  let cosine = 0
  let term = 1
  for (let k = 0; k <= 20; k += 2) {
    cosine += term
    term *= x / (k + 1)
    sine += term
    term *= -x / (k + 2)
  }
  return sine / cosine
}

function unit(v: readonly [number, number, number]): [number, number, number] {
  const length = Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
  return [v[0] / length, v[1] / length, v[2] / length]
}

function cross(a: readonly [number, number, number], b: readonly [number, number, number]): [number, number, number] {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
