import ManifoldModule, { type Manifold, type Mesh, type Vec3 } from "manifold-3d"
import type { Material, Model, TriMesh } from "#src/geometry/mesh.ts"

/** Solids for tests, in mm and y up: simple bodies with known volumes, and a solitaire ring with a round brilliant. */
export async function kernel() {
  const module = await ManifoldModule()
  module.setup()
  module.setCircularSegments(96)
  return module
}

type Kernel = Awaited<ReturnType<typeof kernel>>

export function triMesh(mesh: Mesh): TriMesh {
  const positions = new Float32Array(mesh.numVert * 3)
  for (let i = 0; i < mesh.numVert; i++)
    for (let k = 0; k < 3; k++) positions[i * 3 + k] = mesh.vertProperties[i * mesh.numProp + k] ?? 0
  return { positions, indices: new Uint32Array(mesh.triVerts) }
}

const OPAQUE = {
  transmission: 0,
  ior: 1.5,
  dispersion: 0,
  attenuationColor: [1, 1, 1],
  attenuationDistance: Infinity,
} as const

export const GOLD: Material = {
  name: "18k yellow gold",
  baseColor: [0.98, 0.76, 0.42],
  metallic: 1,
  roughness: 0.1,
  ...OPAQUE,
}
export const ROSE: Material = { ...GOLD, name: "14k rose gold", baseColor: [0.92, 0.63, 0.48] }
export const PLATINUM: Material = { ...GOLD, name: "platinum 950", baseColor: [0.765, 0.73, 0.676] }

const CLEAR = { baseColor: [1, 1, 1], metallic: 0, roughness: 0, transmission: 1 } as const
export const DIAMOND: Material = {
  name: "diamond",
  ...CLEAR,
  ior: 2.417,
  dispersion: 0.36,
  attenuationColor: [1, 1, 1],
  attenuationDistance: Infinity,
}
export const RUBY: Material = {
  name: "ruby",
  ...CLEAR,
  ior: 1.766,
  dispersion: 0.27,
  attenuationColor: [0.956, 0.02, 0.02],
  attenuationDistance: 3,
}
export const SAPPHIRE: Material = { ...RUBY, name: "sapphire", attenuationColor: [0.02, 0.03, 0.376] }
export const EMERALD: Material = {
  ...RUBY,
  name: "emerald",
  ior: 1.58,
  dispersion: 0.28,
  attenuationColor: [0.02, 0.527, 0.03],
}

/** Half-spaces n·p ≤ d, intersected. */
function bounded(start: Manifold, planes: readonly { n: Vec3; d: number }[]): Manifold {
  return planes.reduce((body, { n, d }) => body.trimByPlane([-n[0], -n[1], -n[2]], -d), start)
}

/**
 * Round brilliant of diameter 2 with the girdle at z = 0 and the table up: 57 facets and 96 girdle faces, from the
 * proportions table 57 %, crown 34.5°, pavilion 40.8°, star 55 %, lower half 80 %, girdle 3 %.
 */
export function roundBrilliant({ Manifold }: Kernel): Manifold {
  const [table, crown, pavilion, star, lower, girdle] = [
    0.57,
    (34.5 * Math.PI) / 180,
    (40.8 * Math.PI) / 180,
    0.55,
    0.8,
    0.03,
  ]
  const rim = (degrees: number, z: number): Vec3 => [
    Math.cos((degrees * Math.PI) / 180),
    Math.sin((degrees * Math.PI) / 180),
    z,
  ]
  const crownHeight = (1 - table) * Math.tan(crown)
  const planes: { n: Vec3; d: number }[] = [{ n: [0, 0, 1], d: girdle + crownHeight }]
  const through = (a: Vec3, b: Vec3, c: Vec3, up: number) => {
    const u = [b[0] - a[0], b[1] - a[1], b[2] - a[2]] as const
    const v = [c[0] - a[0], c[1] - a[1], c[2] - a[2]] as const
    const raw = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]] as const
    const scale = (Math.sign(raw[2]) === up ? 1 : -1) / Math.hypot(...raw)
    const n: Vec3 = [raw[0] * scale, raw[1] * scale, raw[2] * scale]
    planes.push({ n, d: n[0] * a[0] + n[1] * a[1] + n[2] * a[2] })
  }
  const half = Math.cos(Math.PI / 8)
  const starRadius = table * half + star * (1 - table * half)
  const starZ = heightOnMain(starRadius, crown, girdle)
  const lowerRadius = 1 - lower
  const lowerZ = -girdle - (1 - lowerRadius * half) * Math.tan(pavilion)
  for (let i = 0; i < 8; i++) {
    const main = i * 45
    planes.push(mainPlane(main, crown, girdle, 1), mainPlane(main, pavilion, girdle, -1))
    const corner = (degrees: number): Vec3 => rim(degrees, 0).map((value) => value * table) as unknown as Vec3 // three stay three
    const [a, b] = [corner(main), corner(main + 45)]
    const between = rim(main + 22.5, 0)
    const starPoint: Vec3 = [between[0] * starRadius, between[1] * starRadius, starZ]
    through([a[0], a[1], girdle + crownHeight], [b[0], b[1], girdle + crownHeight], starPoint, 1)
    const lowerPoint: Vec3 = [between[0] * lowerRadius, between[1] * lowerRadius, lowerZ]
    for (const side of [0, 45]) {
      through(starPoint, rim(main + side, girdle), rim(main + 22.5, girdle), 1)
      through(lowerPoint, rim(main + side, -girdle), rim(main + 22.5, -girdle), -1)
    }
  }
  return bounded(Manifold.cylinder(4, 1, 1, 96, true), planes)
}

/** The height of a main facet plane at the radius r in the direction half-way between two mains. */
function heightOnMain(radius: number, angle: number, girdle: number): number {
  return girdle + (1 - radius * Math.cos(Math.PI / 8)) * Math.tan(angle)
}

function mainPlane(degrees: number, angle: number, girdle: number, up: 1 | -1): { n: Vec3; d: number } {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
  const n: Vec3 = [Math.sin(angle) * c, Math.sin(angle) * s, Math.cos(angle) * up]
  return { n, d: Math.sin(angle) + Math.cos(angle) * girdle }
}

/** A D-section band of bore 17.3 mm with six prongs round a stone of `diameterMm`; the bore lies along z, the head at +y. */
export function solitaire(kernel: Kernel, diameterMm = 6.5, metal = GOLD, stone = DIAMOND): Model {
  const { Manifold, CrossSection } = kernel
  const [bore, width, thickness] = [8.65, 2.4, 1.9]
  const profile: [number, number][] = [[bore, -width / 2]]
  for (let i = 0; i <= 24; i++) {
    const t = -Math.PI / 2 + (Math.PI * i) / 24
    profile.push([bore + 0.55 + (thickness - 0.55) * Math.cos(t), (width / 2) * Math.sin(t)])
  }
  profile.push([bore, width / 2])
  const band = Manifold.revolve(new CrossSection([profile]), 180)

  const r = diameterMm / 2
  const girdleY = bore + thickness + r * 0.92 + 0.4
  const gem = roundBrilliant(kernel).scale(r).rotate([-90, 0, 0]).translate([0, girdleY, 0])
  const prongs = Array.from({ length: 6 }, (_, i) => {
    const angle = ((i + 0.5) * Math.PI) / 3
    const at = (radius: number, y: number): Vec3 => [radius * Math.cos(angle), y, radius * Math.sin(angle)]
    const bead = (centre: Vec3, radius: number) => Manifold.sphere(radius, 20).translate(centre)
    const [foot, waist, shoulder, tip] = [
      bead(at(r * 0.3, bore + thickness * 0.55), 0.55),
      bead(at(r * 0.72, girdleY - r * 0.5), 0.48),
      bead(at(r + 0.12, girdleY + 0.1), 0.46),
      bead(at(r - 0.3, girdleY + r * 0.28), 0.4),
    ]
    return Manifold.union([
      Manifold.hull([foot, waist]),
      Manifold.hull([waist, shoulder]),
      Manifold.hull([shoulder, tip]),
    ])
  })
  const ringRail = (radius: number, y: number) =>
    Manifold.revolve(CrossSection.circle(0.32, 16).translate([radius, 0]), 64)
      .rotate([-90, 0, 0])
      .translate([0, y, 0])
  const head = Manifold.union([...prongs, ringRail(r * 0.62, girdleY - r * 0.62)])
  const seat = gem.translate([0, -girdleY, 0]).scale(1.01).translate([0, girdleY, 0])
  const hole = Manifold.cylinder(bore * 2, bore, bore, 180, true)
  const metalBody = band.add(head).subtract(seat).subtract(hole)
  return {
    name: `${metal.name} solitaire with ${stone.name}`,
    parts: [
      { name: "ring", role: "metal", mesh: triMesh(metalBody.getMesh()), material: metal },
      { name: "centre stone", role: "stone", mesh: triMesh(gem.getMesh()), material: stone },
    ],
  }
}

/** Volume enclosed by a mesh, mm³ (signed tetrahedra). */
export function volume({ positions, indices }: TriMesh): number {
  let six = 0
  for (let i = 0; i < indices.length; i += 3) {
    const p = (k: number, axis: number) => positions[(indices[i + k] ?? 0) * 3 + axis] ?? 0
    six +=
      p(0, 0) * (p(1, 1) * p(2, 2) - p(1, 2) * p(2, 1)) -
      p(0, 1) * (p(1, 0) * p(2, 2) - p(1, 2) * p(2, 0)) +
      p(0, 2) * (p(1, 0) * p(2, 1) - p(1, 1) * p(2, 0))
  }
  return six / 6
}

/** Simple bodies as models of one metal part. */
export function bodies({ Manifold, CrossSection }: Kernel): Record<"box" | "ball" | "torus", Model> {
  const model = (name: string, solid: Manifold): Model => ({
    name,
    parts: [{ name, role: "metal", mesh: triMesh(solid.getMesh()), material: GOLD }],
  })
  return {
    box: model("box", Manifold.cube([3, 5, 7], true)),
    ball: model("ball", Manifold.sphere(4, 64)),
    torus: model("torus", Manifold.revolve(CrossSection.circle(1.5, 48).translate([8, 0]), 96)),
  }
}
