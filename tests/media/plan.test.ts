import { describe, expect, test } from "vitest"
import { secondsOf, snapFrames } from "#src/media/frames.ts"
import { readSampler, readScheduler } from "#src/media/samplers.ts"
import { presets } from "#src/media/presets.ts"
import { ratioOf, sizeFor, snapSize } from "#src/media/size.ts"
import type { Wish } from "#src/media/wish.ts"
import { allCases, orderOf } from "#tests/media/orders.ts"
import { objectInfo } from "#tests/servers/comfyui/object-info.ts"

const order = (name: string, given: Partial<Wish> = {}) => {
  const found = allCases().find((it) => it.name === name)
  if (!found) throw new Error(name)
  return orderOf(found, given)
}

describe("sizes", () => {
  test("of every preset and shape are what the model can make, close to the shape asked for", () => {
    for (const { name, size, settings, refused } of presets) {
      if (refused) continue
      for (const aspect of ["1:1", "16:9", "9:16", "4:5", "21:9"] as const) {
        const made = sizeFor(ratioOf(aspect), settings.width * settings.height, size)
        expect([name, aspect, made.width % size.multiple, made.height % size.multiple]).toEqual([name, aspect, 0, 0])
        expect(made.width * made.height).toBeLessThanOrEqual(size.maxPixels)
        expect(Math.max(made.width, made.height)).toBeLessThanOrEqual(size.max)
        expect(made.width / made.height / ratioOf(aspect)).toBeCloseTo(1, 0)
      }
    }
  })

  test("that are too large keep their shape", () => {
    const rule = { multiple: 16, max: 2048, maxPixels: 2_097_152 }
    expect(snapSize({ width: 4096, height: 2048 }, rule)).toEqual({ width: 2048, height: 1024 })
    expect(snapSize({ width: 1000, height: 1000 }, rule)).toEqual({ width: 1008, height: 1008 })
    expect(snapSize({ width: 4096, height: 64 }, rule)).toEqual({ width: 2048, height: 64 })
  })

  test("asked for in pixels are changed as little as possible, and that is said", () => {
    expect(order("sdxl 1, from text", { width: 1000, height: 600 })).toMatchObject({
      width: 1000,
      height: 600,
      notes: [],
    })
    const snapped = order("flux_dev 1, from text", { width: 1000, height: 600 })
    expect(snapped).toMatchObject({ width: 1008, height: 608 })
    expect(snapped.notes.join()).toContain("cannot make 1000 × 600 px: it is 1008 × 608")
  })

  test("one edge alone takes the other from the shape", () => {
    expect(order("sdxl 1, from text", { width: 1280, aspect: "16:9" })).toMatchObject({ width: 1280, height: 720 })
  })

  test("of a redrawn picture follow the picture, unless one is asked for", () => {
    expect(order("sdxl 1, from image").fit).toMatchObject({ pixels: 1_048_576, multiple: 8 })
    expect(order("sdxl 1, from image", { aspect: "1:1" }).fit).toBeUndefined()
  })
})

describe("videos", () => {
  test("have the frames their model can make, and tell their exact seconds", () => {
    expect(snapFrames(80, { every: 4, max: 121 })).toBe(81)
    expect(snapFrames(1, { every: 8, max: 257 })).toBe(9)
    expect(snapFrames(500, { every: 8, max: 257 })).toBe(257)
    expect(snapFrames(500, { every: 4, max: 120 })).toBe(117)
    expect(secondsOf(81, 16)).toBe(5.0625)
    expect(secondsOf(97, 24000 / 1001)).toBe(4.045708)
  })

  test("asked for in seconds are rounded to frames, and that is said", () => {
    const five = order("wan_2_2 1, from text", { seconds: 5 })
    expect(five).toMatchObject({ frames: 81, fps: 16 })
    expect(five.notes.join()).toContain("81 frames, 5.0625 s at 16 fps, in place of 80")
    expect(order("ltx_video 1, from text", { seconds: 60 }).notes.join()).toContain("at most 257 frames")
  })

  test("at another rate than the model's say so", () => {
    const fast = order("wan_2_1 1, from text", { seconds: 2, fps: 24 })
    expect(fast).toMatchObject({ frames: 49, fps: 24 })
    expect(fast.notes.join()).toContain("was made for 16 fps: at 24 everything moves faster")
  })

  test("of Wan get its makers' negative prompt unless another is given", () => {
    expect(order("wan_2_1 1, from text").negative).toContain("worst quality")
    expect(order("wan_2_1 1, from text", { negative: "snow" }).negative).toBe("snow")
  })
})

describe("guidance", () => {
  test("is what cfg means for FLUX, and never burns", () => {
    expect(order("flux_dev 1, from text", { cfg: 4.5 })).toMatchObject({ cfg: 1, guidance: 4.5 })
    const hot = order("flux_dev 1, from text", { cfg: 25 })
    expect(hot).toMatchObject({ cfg: 1, guidance: 10 })
    expect(hot.notes.join()).toContain("would burn")
  })

  test("is not taken by models without it, and negative prompts that do nothing are told", () => {
    expect(order("hidream 2, from text", { cfg: 6 }).notes.join()).toContain("works at cfg 1, 6 was not used")
    const plain = order("flux_schnell 1, from text", { negative: "blur" })
    expect(plain).toMatchObject({ negative: "", cfg: 1 })
    expect(plain.guidance).toBeUndefined()
    expect(plain.notes.join()).toContain("negative prompt has no effect")
    expect(order("sdxl 1, from text", { negative: "blur", cfg: 5 })).toMatchObject({
      negative: "blur",
      cfg: 5,
      notes: [],
    })
  })

  test("few steps of a model that is not distilled are warned of, unless somebody wants exactly them", () => {
    expect(order("flux_krea 1, from text", { quality: "fast" }).notes.join()).toContain("distilled")
    expect(order("flux_krea 1, from text", { quality: "fast", steps: 20 }).notes.join()).not.toContain("distilled")
    expect(order("flux_krea 1, from text")).toMatchObject({ steps: 20 })
  })
})

describe("samplers", () => {
  test.each([
    ["euler_a", { sampler: "euler_ancestral" }],
    ["Euler a", { sampler: "euler_ancestral" }],
    ["euler_ancestral", { sampler: "euler_ancestral" }],
    ["DPM++ 2M Karras", { sampler: "dpmpp_2m", scheduler: "karras" }],
    ["dpm++ 2m sde karras", { sampler: "dpmpp_2m_sde", scheduler: "karras" }],
    ["dpmpp_2m", { sampler: "dpmpp_2m" }],
    ["UniPC", { sampler: "uni_pc" }],
    ["DDIM", { sampler: "ddim" }],
  ])("%s is read", (name, expected) => {
    expect(readSampler(name)).toEqual(expected)
  })

  test("that nobody knows are refused with those that there are", () => {
    expect(() => readSampler("magic")).toThrow(/dpmpp_2m/)
    expect(() => readScheduler("magic")).toThrow(/karras/)
    expect(readScheduler("SGM Uniform")).toBe("sgm_uniform")
  })

  test("that are taken are all known to a recorded server", () => {
    const { sampler_name, scheduler } = objectInfo({ style: "classic" })["KSampler"]?.input.required ?? {}
    const namesIn = (work: () => unknown) => {
      try {
        work()
      } catch (error) {
        return /There are (.*);/.exec(String(error))?.[1]?.split(", ") ?? []
      }
      return []
    }
    expect(namesIn(() => readSampler("magic")).length).toBeGreaterThan(20)
    expect(sampler_name?.[0]).toEqual(expect.arrayContaining(namesIn(() => readSampler("magic"))))
    expect(scheduler?.[0]).toEqual(expect.arrayContaining(namesIn(() => readScheduler("magic"))))
  })

  test("a scheduler of its own goes before that in a sampler's name", () => {
    expect(order("sdxl 1, from text", { sampler: "DPM++ 2M Karras" })).toMatchObject({
      sampler: "dpmpp_2m",
      scheduler: "karras",
    })
    expect(order("sdxl 1, from text", { sampler: "DPM++ 2M Karras", scheduler: "normal" })).toMatchObject({
      scheduler: "normal",
    })
  })
})

test("an expected time grows with pixels, steps, results and frames", () => {
  const seconds = (name: string, given: Partial<Wish> = {}) => order(name, given).seconds
  const one = seconds("sdxl 1, from text")
  expect(one).toBeGreaterThan(3)
  expect(seconds("sdxl 1, from text", { seeds: [1, 2] })).toBeGreaterThan(one)
  expect(seconds("sdxl 1, from text", { steps: 50 })).toBeGreaterThan(one)
  expect(seconds("wan_2_2 1, from text", { seconds: 5 })).toBeGreaterThan(
    seconds("wan_2_2 1, from text", { seconds: 2 }),
  )
})
