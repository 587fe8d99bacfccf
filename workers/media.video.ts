import { refOf } from "#src/artifact-ref.ts"
import { BackendError } from "#src/errors.ts"
import { defineHandler } from "#src/job.ts"
import { factsOf } from "#src/media/result.ts"
import { job } from "#src/media/video.job.ts"
import { pictureInfo } from "#src/platform/artifacts/picture.ts"
import type { Artifact } from "#src/studio.ts"
import { openSources, runOrder } from "#workers/media/run-order.ts"

export const handler = defineHandler({
  contract: job,
  async run({ order: asked, name, group }, context) {
    const { artifacts, signal, server } = context
    const { order, sources } = await openSources(asked, context)
    const { files, effective } = await runOrder(order, sources, context)
    const serverName = server?.name ?? "the server"
    const facts = factsOf(order, effective, effective.seeds[0])
    const videos: Artifact[] = []
    const posters: Artifact[] = []
    for (const file of files) {
      signal.throwIfAborted()
      const picture = await pictureInfo(file.bytes)
      const stored = await artifacts.put(file.bytes, {
        name: picture ? `${name}.${picture.format}` : `${name}.mp4`,
        use: picture ? "preview" : "file",
        facts,
        group,
      })
      // What a file is, the store tells by its content.
      if (picture) posters.push(stored)
      else if (stored.mediaType.startsWith("video/")) videos.push(stored)
    }
    if (videos.length === 0) throw new BackendError(serverName, "what it gave is no video", "transient")
    return { artifacts: [...videos, ...posters].slice(0, 4).map(refOf), effective }
  },
})
