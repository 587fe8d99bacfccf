import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  nearestSize,
  nearestSizes,
  readRingSize,
  sizeName,
  sizeSystems,
  systemOfLocale,
} from "#src/design/ring-size.ts"
import type { SizeSystem } from "#src/design/ring-size.ts"
import { Question, UserError } from "#src/errors.ts"

const across = (text: string, system?: SizeSystem) => readRingSize(text, system ? { system } : {}).diameterMm
const thrownBy = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe("ring sizes", () => {
  test.each([
    ["us", "7", 17.32],
    ["us", "7 1/4", 17.52],
    ["us", "7.5", 17.73],
    ["us", "6", 16.51],
    ["uk", "N½", 17.31],
    ["uk", "C", 12.73],
    ["uk", "Z+1", 22.28],
    ["iso", "54.4", 17.32],
    ["it", "14", 17.19],
    ["jp", "13", 17],
    ["jp", "1", 13],
    ["diameter", "17.3", 17.3],
  ] as const)("%s %s is %f mm across", (system, text, mm) => {
    expect(across(text, system)).toBeCloseTo(mm, 2)
  })

  test.each([
    ["US 7", "us"],
    ["7 1/2 us", "us"],
    ["UK N 1/2", "uk"],
    ["eu 54", "iso"],
    ["size 17.3 mm", "diameter"],
    ["54 mm", "iso"],
    ["Swiss 14", "it"],
    ["japanese 13", "jp"],
    ["n", "uk"],
    ["54", "iso"],
  ] as const)('"%s" says itself which system it is', (text, system) => {
    expect(readRingSize(text).system).toBe(system)
  })

  test("a bare 7 is asked about, with what each system would make of it", () => {
    const asked = thrownBy(() => readRingSize("7"))
    expect(asked).toBeInstanceOf(Question)
    expect(asked).toMatchObject({
      field: "size_system",
      choices: [
        { value: "us", label: "US 7, 17.32 mm across" },
        { value: "it", label: "Italian 7, 14.96 mm across" },
        { value: "jp", label: "Japanese 7, 15.00 mm across" },
      ],
    })
  })

  test.each([
    ["en-US", "us"],
    ["fr-CA", "us"],
    ["en-GB", "uk"],
    ["de-DE", "iso"],
    ["fr", "iso"],
    ["de-CH", "it"],
    ["it", "it"],
    ["ja", "jp"],
    ["en", undefined],
    [undefined, undefined],
  ] as const)("the locale %s means the system %s", (locale, system) => {
    expect(systemOfLocale(locale)).toBe(system)
  })

  test("the locale answers the question, unless its system cannot read the size", () => {
    expect(readRingSize("7", { locale: "en-US" }).system).toBe("us")
    expect(readRingSize("7", { locale: "ja-JP" }).system).toBe("jp")
    expect(readRingSize("54", { locale: "en-US" }).system).toBe("iso")
  })

  test("every step of every system reads back as itself", () => {
    for (const system of sizeSystems)
      for (let mm = 11.5; mm <= 24.8; mm += 0.013) {
        const size = nearestSize(system, mm)
        if (size) expect(readRingSize(size.text, { system })).toEqual(size)
      }
  })

  test("every diameter has a size in every system that is near it", () => {
    fc.assert(
      fc.property(fc.double({ min: 13.1, max: 24.2, noNaN: true }), (mm) => {
        const sizes = nearestSizes(mm)
        expect(sizes.map((it) => it.system)).toEqual([...sizeSystems])
        for (const size of sizes) expect(Math.abs(size.diameterMm - mm)).toBeLessThan(0.21)
      }),
      { numRuns: 50 },
    )
  })

  test.each(["40", "7.3", "-1", "NaN", "Infinity", "1e9", "", "7 1/3", "Z+9"])(
    "US %s is refused with the allowed range",
    (text) => {
      const error = thrownBy(() => readRingSize(text, { system: "us" }))
      expect(error).toBeInstanceOf(UserError)
      expect(String(error)).toContain("US sizes go from 0 to 16 in quarters")
    },
  )

  test("two different systems in one request are refused", () => {
    expect(() => readRingSize("UK N", { system: "us" })).toThrow("names the UK system")
  })

  test("a size is named as the trade writes it", () => {
    expect(sizeName(readRingSize("US 7.25"))).toBe("US 7 1/4")
    expect(sizeName(readRingSize("17.3 mm"))).toBe("17.3 mm")
  })
})
