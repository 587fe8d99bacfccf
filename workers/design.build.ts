import { refOf } from "#src/artifact-ref.ts"
import { buildDesign } from "#src/design/build.ts"
import { job } from "#src/design/build.job.ts"
import { factsOf } from "#src/design/report.ts"
import { getFormat } from "#src/export/formats.ts"
import { encodePicture } from "#src/geometry/render/encode.ts"
import { render } from "#src/geometry/render/render.ts"
import { defineHandler } from "#src/job.ts"
import type { Artifact } from "#src/studio.ts"

/** Edge of the square picture, in pixels. */
const PICTURE_PX = { draft: 512, standard: 768, high: 1024 }

export const handler = defineHandler({
  contract: job,
  async run({ recipe, name, picture, files, group }, { artifacts, signal, progress, config }) {
    progress({ fraction: 0.05, text: "building the solids" })
    const { model, report } = await buildDesign(recipe, { signal })
    signal.throwIfAborted()
    const facts = factsOf(report, recipe)
    const size = PICTURE_PX[picture]
    const shot = await render(model, {
      width: size,
      height: size,
      quality: picture,
      threads: config.renderThreads,
      signal,
      onProgress: (fraction) => progress({ fraction: 0.3 + 0.5 * fraction, text: "rendering the picture" }),
    })
    const made: Artifact[] = [
      await artifacts.put(await encodePicture(shot, { format: "png" }), {
        name: `${name}.png`,
        use: "preview",
        facts,
        group,
      }),
    ]
    for (const [index, id] of files.entries()) {
      signal.throwIfAborted()
      progress({ fraction: 0.8 + (0.2 * index) / files.length, text: `writing ${id.toUpperCase()}` })
      const format = await getFormat(id)
      const bytes = await format.write(model, {})
      made.push(
        await artifacts.put(bytes, {
          name: `${name}.${format.extension}`,
          use: id === "glb" ? "model" : "file",
          facts,
          group,
        }),
      )
    }
    return { report, artifacts: made.map(refOf) }
  },
})
