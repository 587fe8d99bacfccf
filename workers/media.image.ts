import { refOf } from "#src/artifact-ref.ts"
import { BackendError } from "#src/errors.ts"
import { defineHandler } from "#src/job.ts"
import { SAVED } from "#src/media/graphs/parts.ts"
import { job } from "#src/media/image.job.ts"
import { factsOf } from "#src/media/result.ts"
import { pictureInfo } from "#src/platform/artifacts/picture.ts"
import type { Artifact } from "#src/studio.ts"
import type { MadeFile } from "#workers/backend.ts"
import { openSources, runOrder } from "#workers/media/run-order.ts"

export const handler = defineHandler({
  contract: job,
  async run({ order: asked, name, group }, context) {
    const { artifacts, signal, server } = context
    const { order, sources } = await openSources(asked, context)
    const { files, effective: used } = await runOrder(order, sources, context)
    const serverName = server?.name ?? "the server"
    if (files.length < order.seeds.length)
      throw new BackendError(serverName, `it gave ${files.length} of ${order.seeds.length} pictures`, "transient")
    const stored: Artifact[] = []
    let effective = used
    for (const [index, seed] of order.seeds.entries()) {
      signal.throwIfAborted()
      const file = fileOf(files, seed) ?? files[index]
      const info = file && (await pictureInfo(file.bytes))
      if (!file || !info) throw new BackendError(serverName, "what it gave is no picture", "transient")
      effective = { ...effective, width: info.width, height: info.height }
      const number = order.seeds.length > 1 ? `-${index + 1}` : ""
      stored.push(
        await artifacts.put(file.bytes, {
          name: `${name}${number}.${info.format}`,
          use: "preview",
          facts: factsOf(order, effective, effective.seeds[index]),
          group,
        }),
      )
    }
    return { artifacts: stored.map(refOf), effective }
  },
})

/** Results come in any order; the seed is in the name that the graph gives each. */
function fileOf(files: readonly MadeFile[], seed: number): MadeFile | undefined {
  return files.find((file) => file.name.startsWith(`${SAVED}_${seed}_`))
}
