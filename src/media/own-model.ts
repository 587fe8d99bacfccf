import type { Build, Files, Way } from "#src/media/preset.ts"
import type { Choice } from "#src/media/wish.ts"

/** The builds of a choice for a way; a model file of the person's own takes the place of the main one, where it can. */
export function buildsFor({ preset, model }: Choice, way: Way): Build[] {
  const builds = preset.builds.filter((build) => build.ways.includes(way))
  if (!model) return builds
  return builds
    .filter((build) => build.files[model.role] !== undefined && isSuchAModel(model.file, build, way))
    .slice(0, 1)
    .map(({ ways, optional, settings, noNegative, files }) => ({
      ways,
      files: ownFiles(files, model),
      ...(optional ? { optional } : {}),
      ...(settings ? { settings } : {}),
      ...(noNegative ? { noNegative } : {}),
    }))
}

/** Whether a video model is of the sort that a build runs, as far as its name tells: from words or from pictures, in one part or two. */
function isSuchAModel(file: string, { files }: Build, way: Way): boolean {
  if (files.modelLow ? !/high/i.test(file) : /(high|low)[-_ ]?noise/i.test(file)) return false
  if (isNewHunyuan(file) !== isNewHunyuan(files.model?.[0] ?? "")) return false
  switch (/flf2v|ti2v|i2v|t2v|image_to_video/i.exec(file)?.[0].toLowerCase()) {
    case "t2v":
      return way === "text"
    case "i2v":
    case "image_to_video":
      return way === "first" || (way === "first_last" && files.modelLow !== undefined)
    case "ti2v":
      return way === "text" || way === "first"
    case "flf2v":
      return way === "first_last"
  }
  return true
}

const isNewHunyuan = (file: string) => /hunyuan[-_ ]?video[-_ ]?1[._]?5/i.test(file)

/** The refiner was made for the SDXL of its makers and spoils what others trained from it. Wan 2.2 is two files. */
function ownFiles(all: Files, { role, file }: NonNullable<Choice["model"]>): Files {
  const { refiner: _refiner, ...files } = all
  const low = file.replace(/high/i, (word) => (word === "HIGH" ? "LOW" : "low"))
  return { ...files, [role]: [file], ...(files.modelLow ? { modelLow: [low] } : {}) }
}
