import type { Material, Model, TriMesh } from "#src/geometry/mesh.ts"

const plain: Material = {
  name: "plain",
  baseColor: [1, 1, 1],
  metallic: 0,
  roughness: 0.5,
  transmission: 0,
  ior: 1.5,
  dispersion: 0,
  attenuationColor: [1, 1, 1],
  attenuationDistance: Infinity,
}

export const white = plain
export const gold: Material = { ...plain, name: "gold", baseColor: [0.98, 0.76, 0.42], metallic: 1, roughness: 0.08 }
export const mirror: Material = { ...plain, name: "mirror", metallic: 1, roughness: 0.2 }
export const diamond: Material = {
  ...plain,
  name: "diamond",
  transmission: 1,
  ior: 2.417,
  dispersion: 0.36,
  roughness: 0,
}

/** A torus about the z axis, lying like a ring whose lowest point is at y = −(radius + tube). */
export function torus(radius: number, tube: number, around: number, across: number): TriMesh {
  const positions = new Float32Array(around * across * 3)
  const indices = new Uint32Array(around * across * 6)
  for (let i = 0; i < around; i++)
    for (let j = 0; j < across; j++) {
      const a = (i / around) * 2 * Math.PI
      const b = (j / across) * 2 * Math.PI
      const r = radius + tube * Math.cos(b)
      positions.set([r * Math.cos(a), r * Math.sin(a), tube * Math.sin(b)], (i * across + j) * 3)
      const next = ((i + 1) % around) * across
      const [p, q, s, t] = [i * across + j, next + j, next + ((j + 1) % across), i * across + ((j + 1) % across)]
      indices.set([p, q, s, p, s, t], (i * across + j) * 6)
    }
  return { positions, indices }
}

/** An octahedron refined on the unit sphere, times `radius`, about `centre`. */
export function ball(
  radius: number,
  refinements: number,
  centre: readonly [number, number, number] = [0, 0, 0],
): TriMesh {
  let faces: number[][][] = []
  for (const [x, y, z] of [
    [1, 1, 1],
    [-1, 1, -1],
    [-1, -1, 1],
    [1, -1, -1],
  ] as const)
    for (const flip of [false, true]) {
      const s = flip ? -1 : 1
      const [a, b, c] = [
        [x * s, 0, 0],
        [0, y * s, 0],
        [0, 0, z * s],
      ]
      faces.push(flip ? [a, c, b] : [a, b, c])
    }
  for (let k = 0; k < refinements; k++)
    faces = faces.flatMap(([a, b, c]) => {
      const middle = (p: number[], q: number[]) => {
        const m = p.map((value, i) => value + q[i]!)
        const length = Math.hypot(...m)
        return m.map((value) => value / length)
      }
      const [d, e, f] = [middle(a!, b!), middle(b!, c!), middle(c!, a!)]
      return [
        [a!, d, f],
        [d, b!, e],
        [f, e, c!],
        [d, e, f],
      ]
    })
  const positions = new Float32Array(faces.flat().flatMap((p) => p.map((value, i) => value * radius + centre[i]!)))
  return { positions, indices: Uint32Array.from({ length: positions.length / 3 }, (_, i) => i) }
}

/** A box of these sizes with 8 shared corners, about the origin. */
export function box(width: number, height: number, depth: number): TriMesh {
  const positions = new Float32Array(24)
  for (let i = 0; i < 8; i++)
    positions.set([((i & 1) - 0.5) * width, (((i >> 1) & 1) - 0.5) * height, ((i >> 2) - 0.5) * depth], i * 3)
  const sides = [
    [0, 4, 6, 2],
    [1, 3, 7, 5],
    [0, 1, 5, 4],
    [2, 6, 7, 3],
    [0, 2, 3, 1],
    [4, 5, 7, 6],
  ]
  return { positions, indices: new Uint32Array(sides.flatMap(([a, b, c, d]) => [a!, b!, c!, a!, c!, d!])) }
}

export function single(mesh: TriMesh, material: Material): Model {
  return {
    name: material.name,
    parts: [{ name: material.name, role: material.metallic === 1 ? "metal" : "other", mesh, material }],
  }
}

/** A gold torus with a small stone on top: everything that a picture of a ring is made of. */
export function tinyRing(): Model {
  return {
    name: "tiny ring",
    parts: [
      { name: "band", role: "metal", mesh: torus(8, 1, 48, 12), material: gold },
      { name: "stone", role: "stone", mesh: ball(2.5, 1, [0, 11, 0]), material: diamond },
    ],
  }
}
