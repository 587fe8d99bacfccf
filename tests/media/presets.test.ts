import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { findPreset, presets, rankedPresets } from "#src/media/presets.ts"
import { folderOf } from "#src/media/preset.ts"
import { snapSize } from "#src/media/size.ts"
import { snapFrames } from "#src/media/frames.ts"
import { ROOT } from "#tests/architecture/scan.ts"

test("the guide's table has every preset with its steps", () => {
  const page = readFileSync(`${ROOT}docs/pictures-and-video.md`, "utf8")
  const rows = page.split("\n").filter((line) => /^\| [a-z]+_?\w* +\|/.test(line) && !line.startsWith("| preset"))
  const told = rows.map((row) => row.split("|").map((cell) => cell.trim()))
  expect(told.map(([, name = ""]) => name).toSorted()).toEqual(presets.map((it) => it.name).toSorted())
  for (const [, name = "", makes, , steps] of told) {
    const preset = findPreset(name)
    if (!preset || preset.refused || preset.family === "openai") continue
    const { settings, fast, quality } = preset
    const expected = [fast.steps, settings.steps, quality.steps].join(" / ")
    expect([name, makes, steps]).toEqual([name, preset.makes === "image" ? "picture" : "video", expected])
  }
})

test("every preset is found by its name and its title, in any spelling", () => {
  for (const preset of presets) {
    expect(findPreset(preset.name.replaceAll("_", " ").toUpperCase())).toBe(preset)
    expect(findPreset(preset.title)).toBe(preset)
  }
})

test("every preset is ranked but those that cannot run, and everything it says of itself fits", () => {
  const ranked = [...rankedPresets("image"), ...rankedPresets("video")].map((it) => it.name)
  expect(ranked.toSorted()).toEqual(
    presets
      .filter((it) => !it.refused)
      .map((it) => it.name)
      .toSorted(),
  )
  expect([rankedPresets("image")[0]?.name, rankedPresets("video")[0]?.name]).toEqual(["qwen_image", "wan_2_2"])
  for (const { name, settings, fast, quality, size, frames, builds, maxLoras } of presets) {
    for (const build of builds)
      for (const variant of [{}, fast, quality]) {
        const { width, height, frames: count } = { ...settings, ...build.settings, ...variant }
        expect([name, snapSize({ width, height }, size)]).toEqual([name, { width, height }])
        if (frames) expect([name, snapFrames(count ?? 0, frames)]).toEqual([name, count])
      }
    for (const role of builds.flatMap((build) => Object.keys(build.files))) expect(folderOf).toHaveProperty(role)
    expect(maxLoras).toBeLessThanOrEqual(8)
  }
})
