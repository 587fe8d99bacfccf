import { expect, test } from "vitest"
import { cauchy } from "#src/geometry/render/material.ts"
import { openTracer } from "./instance.ts"

test("light meeting diamond head on is reflected by ((n − 1) / (n + 1))²", async () => {
  const { tracer } = await openTracer()
  expect(tracer.fresnel(1, 1 / 2.417)).toBeCloseTo((1.417 / 3.417) ** 2, 5)
})

test("at Brewster's angle only the perpendicular polarisation is reflected", async () => {
  const { tracer } = await openTracer()
  const n = 1.5
  const cosine = Math.cos(Math.atan(n))
  const inside = Math.sqrt(1 - (1 - cosine ** 2) / n ** 2)
  const perpendicular = ((cosine - n * inside) / (cosine + n * inside)) ** 2
  expect(tracer.fresnel(cosine, 1 / n)).toBeCloseTo(perpendicular / 2, 5)
})

test("the refracted angle follows Snell's law, and beyond the critical angle everything is reflected", async () => {
  const { tracer } = await openTracer()
  const n = 2.417
  for (const degrees of [5, 30, 60, 85]) {
    const angle = (degrees * Math.PI) / 180
    tracer.fresnel(Math.cos(angle), 1 / n)
    expect(Math.sqrt(1 - tracer.cosineInside.value ** 2)).toBeCloseTo(Math.sin(angle) / n, 5)
  }
  const critical = Math.asin(1 / n)
  expect(tracer.fresnel(Math.cos(critical + 0.001), n)).toBe(1)
  expect(tracer.fresnel(Math.cos(critical - 0.01), n)).toBeLessThan(1)
})

test("the colours of all wavelengths together are white, and the ends are red and violet", async () => {
  const { tracer } = await openTracer()
  const count = 3_000
  const sum = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    tracer.bandColour((i + 0.5) / count)
    for (const [k, band] of [tracer.bandR, tracer.bandG, tracer.bandB].entries()) sum[k]! += band.value / count
  }
  for (const mean of sum) expect(mean).toBeCloseTo(1, 3)
  tracer.bandColour(0)
  expect([tracer.bandR.value, tracer.bandG.value, tracer.bandB.value]).toEqual([3, 0, 0])
  tracer.bandColour(1)
  expect([tracer.bandR.value, tracer.bandG.value, tracer.bandB.value]).toEqual([0, 0, 3])
})

test("the index differs between the lines F and C as the Abbe number says", async () => {
  const { tracer } = await openTracer()
  const [ior, abbe] = [2.417, 55.3]
  const b = cauchy(ior, 20 / abbe)
  const place = (micrometres: number) => (0.7 - micrometres) / 0.3
  const difference = tracer.indexAt(ior, b, place(0.4861)) - tracer.indexAt(ior, b, place(0.6563))
  expect(difference).toBeCloseTo((ior - 1) / abbe, 4)
})
