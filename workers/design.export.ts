import { refOf } from "#src/artifact-ref.ts"
import { buildDesign } from "#src/design/build.ts"
import { job } from "#src/design/export.job.ts"
import { factsOf } from "#src/design/report.ts"
import { getFormat } from "#src/export/formats.ts"
import { defineHandler } from "#src/job.ts"

export const handler = defineHandler({
  contract: job,
  async run({ recipe, name, format: id, options, group }, { artifacts, signal, progress }) {
    progress({ fraction: 0.1, text: "building the solids" })
    const { model, report } = await buildDesign(recipe, { signal })
    progress({ fraction: 0.7, text: `writing ${id.toUpperCase()}` })
    const format = await getFormat(id)
    const bytes = await format.write(model, options)
    const artifact = await artifacts.put(bytes, {
      name: `${name}.${format.extension}`,
      use: id === "glb" ? "model" : "file",
      facts: factsOf(report, recipe),
      group,
    })
    return { artifacts: [refOf(artifact)], note: format.describe }
  },
})
