import { expect, test } from "vitest"
import { frame, VIEWS, type NamedView } from "#src/geometry/render/camera.ts"
import { tinyRing } from "./models.ts"

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, k) => sum + value * b[k]!, 0)

/** The most that any vertex leaves the middle of the picture, 1 = at the border. */
function reach(view: NamedView, width: number, height: number) {
  const camera = frame(tinyRing(), view, width, height)
  let across = 0
  let up = 0
  for (const { mesh } of tinyRing().parts)
    for (let i = 0; i < mesh.positions.length; i += 3) {
      const seen = [0, 1, 2].map((k) => mesh.positions[i + k]! - camera.eye[k]!)
      const depth = dot(seen, camera.forward)
      across = Math.max(across, Math.abs(dot(seen, camera.right) / depth / camera.tanX))
      up = Math.max(up, Math.abs(dot(seen, camera.up) / depth / camera.tanY))
    }
  return Math.max(across, up)
}

const whole = (Object.keys(VIEWS) as NamedView[]).filter((view) => view !== "head")

test.each(
  whole.flatMap(
    (view) =>
      [
        [view, 512, 512],
        [view, 800, 300],
        [view, 300, 800],
      ] as const,
  ),
)("the view %s fills a picture of %i × %i up to a margin of 6 %", (view, width, height) => {
  expect(reach(view, width, height)).toBeCloseTo(1 / 1.06, 3)
})

test("the head view frames the stone closer than the whole ring", () => {
  const model = tinyRing()
  const [head, whole] = [frame(model, "head", 512, 512), frame(model, "three-quarter", 512, 512)]
  expect(head.distance * head.tanY).toBeLessThan(whole.distance * whole.tanY * 0.6)
})

test("half the picture plane is the tangent of half the field", () => {
  expect(frame(tinyRing(), { direction: [0, 0, 1], fieldDeg: 40 }, 64, 64).tanY).toBeCloseTo(Math.tan(Math.PI / 9), 12)
})
