// Ratios that stay meaningful on a busy machine: everything is measured in this process, in turn, in CPU time.
import { BufferAttribute, BufferGeometry, DoubleSide, Ray, Vector3 } from "three"
import { MeshBVH, SAH } from "three-mesh-bvh"
import { closePool } from "#src/geometry/render/pool.ts"
import { QUALITIES } from "#src/geometry/render/quality.ts"
import { render, type RenderOptions } from "#src/geometry/render/render.ts"
import { openScene, randomRays } from "#tests/geometry/render/instance.ts"
import { diamond, gold, single, ball, torus } from "#tests/geometry/render/models.ts"

const COUNT = 120_000

/** CPU time of all threads, ms. */
async function cpu(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const used = process.cpuUsage(before)
  return (used.user + used.system) / 1000
}

/** The median of three, after one run that only warms up. */
async function median(work: () => unknown): Promise<number> {
  await work()
  const times = [await cpu(work), await cpu(work), await cpu(work)].sort((a, b) => a - b)
  return times[1] ?? 0
}

/** Neighbouring rays of a camera: what pictures begin with. */
function primaryRays(): Float32Array {
  const side = Math.floor(Math.sqrt(COUNT))
  const rays = new Float32Array(side * side * 6)
  for (let i = 0; i < side * side; i++) {
    const direction = [((i % side) / side - 0.5) * 0.42, (Math.floor(i / side) / side - 0.5) * 0.42, -1]
    const length = Math.hypot(...direction)
    rays.set([0, 0, 50, ...direction.map((value) => value / length)], i * 6)
  }
  return rays
}

async function compareRays(): Promise<void> {
  const mesh = torus(8, 1.2, 512, 64)
  const scene = await openScene(single(mesh, gold))
  const geometry = new BufferGeometry()
  geometry.setAttribute("position", new BufferAttribute(mesh.positions, 3))
  geometry.setIndex(new BufferAttribute(mesh.indices.slice(), 1))
  let oracle = new MeshBVH(geometry, { strategy: SAH, indirect: true })
  const build = await median(() => scene.build())
  const buildThree = await median(() => (oracle = new MeshBVH(geometry, { strategy: SAH, indirect: true })))
  report(`tree of ${mesh.indices.length / 3} triangles`, `${build.toFixed(0)} ms CPU`, buildThree / build)
  for (const [name, rays] of [
    ["primary", primaryRays()],
    ["incoherent", randomRays(COUNT, 10, 1)],
  ] as const) {
    const ours = await median(() => scene.cast(rays))
    const ray = new Ray(new Vector3(), new Vector3())
    const three = await median(() => {
      for (let i = 0; i < rays.length; i += 6) {
        ray.origin.fromArray(rays, i)
        ray.direction.fromArray(rays, i + 3)
        oracle.raycastFirst(ray, DoubleSide)
      }
    })
    report(`${name} rays, one thread`, `${(rays.length / 6000 / ours).toFixed(2)} M/s`, three / ours)
  }
}

async function compareQualities(): Promise<void> {
  const model = {
    name: "bench",
    parts: [
      ...single(torus(8, 1.2, 512, 64), gold).parts,
      { name: "stone", role: "stone" as const, mesh: ball(3, 2, [0, 12, 0]), material: diamond },
    ],
  }
  const options: RenderOptions = { width: 512, height: 512, quality: "draft", threads: 2 }
  const draft = await median(() => render(model, options))
  report("draft 512 × 512, warm", `${draft.toFixed(0)} ms CPU`, 1)
  for (const quality of ["standard", "high"] as const) {
    const time = await median(() => render(model, { ...options, quality }))
    report(`${quality}, ${QUALITIES[quality].object} samples`, `${time.toFixed(0)} ms CPU`, draft / time)
  }
  await closePool()
}

function report(name: string, measured: string, ratio: number): void {
  const against = name.includes("samples") || name.startsWith("draft") ? "draft" : "three-mesh-bvh"
  console.log(`${name.padEnd(32)} ${measured.padStart(14)}   ${ratio.toFixed(2)} × the speed of ${against}`)
}

await compareRays()
await compareQualities()
