import { BackendError } from "#src/errors.ts"
import type { JobContext } from "#src/job.ts"
import { buildGraph, pictureName } from "#src/media/graphs/build.ts"
import type { Order } from "#src/media/order.ts"
import { effectiveOf, remoteEffective } from "#src/media/result.ts"
import type { Effective } from "#src/media/result.ts"
import { sizeFor } from "#src/media/size.ts"
import { pictureInfo } from "#src/platform/artifacts/picture.ts"
import type { MadeFile } from "#workers/backend.ts"
import { backend as comfyui } from "#workers/backends/comfyui.ts"
import { backend as openai } from "#workers/backends/openai.ts"
import { runOnServer } from "#workers/run-on-server.ts"
import { openaiOrderOf, takesSeed } from "#workers/media/openai-order.ts"

export interface Source {
  /** Under which the graph asks for it. */
  name: string
  path: string
  mediaType: string
}

/** The pictures that go in, and the order with the size that they give it. Throws BackendError "input" for what is no picture. */
export async function openSources(
  order: Order,
  { artifacts }: JobContext,
): Promise<{ order: Order; sources: Source[] }> {
  const sources: Source[] = []
  let settled = order
  for (const [index, { artifact, sha256 }] of order.sources.entries()) {
    const path = await artifacts.path(artifact)
    const info = await pictureInfo(path)
    if (!info) throw new BackendError("studio", `source ${index + 1} is no picture that can be read`, "input")
    if (index === 0 && order.fit)
      settled = { ...order, ...sizeFor(info.width / info.height, order.fit.pixels, order.fit) }
    sources.push({ name: pictureName({ sha256 }), path, mediaType: `image/${info.format}` })
  }
  return { order: settled, sources }
}

export interface Done {
  files: MadeFile[]
  effective: Effective
}

/** Has an order carried out by the server that was chosen, whatever its kind. */
export async function runOrder(order: Order, sources: readonly Source[], context: JobContext): Promise<Done> {
  const { server } = context
  if (server?.kind === "comfyui" && order.family !== "openai") {
    const uploads = [...new Map(sources.map((source) => [source.name, source])).values()]
    const { files } = await runOnServer(comfyui, { graph: buildGraph(order), uploads }, context)
    return { files: results(files), effective: effectiveOf(order, server.name) }
  }
  if (server?.kind === "openai" && order.family === "openai") {
    const { files, effective: told } = await runOnServer(openai, openaiOrderOf(order, sources), context)
    const seeds = takesSeed(order.files.remote ?? "") && order.seeds.length === 1 ? order.seeds : []
    const seconds = typeof told["seconds"] === "number" ? { seconds: told["seconds"] } : {}
    return { files: results(files), effective: remoteEffective(order, server.name, { seeds, ...seconds }) }
  }
  throw new BackendError(server?.name ?? "studio", "it cannot carry out this order", "fatal")
}

const results = (files: readonly MadeFile[]) => files.filter((file) => file.role === "result")
