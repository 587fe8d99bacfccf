import { eachTriangle } from "#src/geometry/measure.ts"
import type { TriMesh } from "#src/geometry/mesh.ts"

export interface Facet {
  /** Angle of the outward normal from straight up, degrees. */
  fromUp: number
  area: number
}

/** Flat faces of a mesh: triangles with the same normal are one facet. */
export function facetsOf(mesh: TriMesh): Facet[] {
  const facets: { normal: [number, number, number]; area: number }[] = []
  eachTriangle(mesh, (a, b, c) => {
    const u = [b[0] - a[0], b[1] - a[1], b[2] - a[2]] as const
    const v = [c[0] - a[0], c[1] - a[1], c[2] - a[2]] as const
    const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]] as const
    const twice = Math.hypot(...n)
    const normal: [number, number, number] = [n[0] / twice, n[1] / twice, n[2] / twice]
    const same = facets.find((it) => it.normal.reduce((sum, value, i) => sum + value * (normal[i] ?? 0), 0) > 0.99995)
    if (same) same.area += twice / 2
    else facets.push({ normal, area: twice / 2 })
  })
  return facets.map(({ normal, area }) => ({ fromUp: (Math.acos(normal[1]) * 180) / Math.PI, area }))
}
