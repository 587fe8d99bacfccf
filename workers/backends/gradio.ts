import { randomInt, randomUUID } from "node:crypto"
import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import { defineBackend, type Link, type Made } from "#workers/backend.ts"
import { sourcesOf, type GradioApp } from "#workers/backends/gradio/app.ts"
import { checkedOrder, gradioOrder, type GradioOrder } from "#workers/backends/gradio/order.ts"
import { misfit, probe } from "#workers/backends/gradio/probe.ts"
import { appOf, gradioSettings } from "#workers/backends/gradio/settings.ts"
import { callFunction, configOf, fetchFile, fileValue, upload } from "#workers/backends/gradio/wire.ts"
import { resultPath } from "#workers/backends/gradio/result.ts"
import { valueOf, type Given } from "#workers/backends/gradio/values.ts"
import { pictureType, readInput } from "#workers/backends/shared/file-input.ts"
import { soundGlb } from "#workers/backends/shared/glb-check.ts"

const ASKS_WITHIN_MS = 30_000
const MAX_PICTURE_BYTES = 32 * 1024 ** 2

/**
 * 3D models whose authors ship a Gradio app and no other interface: driven by a description of its functions. A run is one
 * connection: when that breaks, Gradio gives up the run, so there is no handle and nothing to come back to.
 */
export const backend = defineBackend({
  describe: () => ({
    kind: "gradio",
    title: "Gradio app (picture to 3D)",
    makes: ["model3d"],
    progress: "stage",
    cancel: "soft",
    resumable: false,
    slots: 1,
    licenceNote: "Each model behind a Gradio app has a licence of its own: read it before you offer the app to others.",
  }),
  order: gradioOrder,
  handle: z.object({}),
  settings: gradioSettings,
  probe,
  start: async (order, link) => ({ made: await run(order, link) }),
  resume: async () => undefined,
  poll: async () => ({ state: "lost", why: "its run was lost with its connection" }),
  // Closing the connection is the cancel, and has happened by then.
  cancel: async () => undefined,
  pollEveryMs: 1_000,
})

async function run(order: GradioOrder, link: Link): Promise<Made> {
  const { server } = link
  const app = appOf(server.settings)
  const numbers = checkedOrder(server, app, order)
  const config = await configOf(link, ASKS_WITHIN_MS)
  const problem = misfit(app, config)
  if (problem) throw new BackendError(server.name, problem, "fatal")
  const prefix = config.api_prefix
  const image = await uploaded(order, link, app, prefix)
  const seed = order.seed ?? randomInt(2 ** 31)
  const outputs = await callAll(app, { image, text: order.text, seed, numbers, results: [] }, prefix, link)
  const bytes = await result(link, prefix, outputs[app.output])
  const { triangles, textures } = soundGlb(server, bytes)
  const usesSeed = sourcesOf(app).some((it) => it.from === "seed")
  return {
    files: [{ name: "model.glb", bytes, role: "result" }],
    effective: {
      model: app.title,
      gradio: config.version,
      ...(usesSeed ? { seed } : {}),
      ...numbers,
      triangles,
      textures,
    },
  }
}

/** The outputs of the last call. */
async function callAll(app: GradioApp, given: Given, prefix: string, link: Link): Promise<unknown[]> {
  const { runS, silenceS } = gradioSettings.parse(link.server.settings)
  const until = Date.now() + runS * 1000
  const session = app.calls.length > 1 ? { session: randomUUID().replaceAll("-", "") } : {}
  for (const [i, { fn, inputs }] of app.calls.entries()) {
    const stage = `${app.title}: ${fn.replaceAll("_", " ")}`
    const tell = (text: string) => link.progress({ fraction: i / app.calls.length, text })
    tell(stage)
    let parts = 0
    const timeoutMs = Math.max(1, until - Date.now())
    const outputs = await callFunction(link, {
      ...session,
      prefix,
      fn,
      data: inputs.map((source) => valueOf(source, given)),
      timeoutMs,
      silenceMs: Math.min(silenceS * 1000, timeoutMs),
      onEvent: (event) => void (event === "generating" && tell(`${stage}, part ${++parts}`)),
    })
    given.results.push(outputs)
  }
  return given.results.at(-1) ?? []
}

async function uploaded(order: GradioOrder, link: Link, app: GradioApp, prefix: string): Promise<object | undefined> {
  if (!order.image || !sourcesOf(app).some((it) => it.from === "image")) return undefined
  const bytes = await readInput(link.server, order.image, MAX_PICTURE_BYTES)
  const type = pictureType(link.server, bytes)
  link.progress({ text: "sending the picture" })
  // Its own name stays here: what a person called the picture is nobody's business there.
  const name = `picture.${type.slice("image/".length)}`
  return fileValue(await upload(link, prefix, { name, type, bytes }), name, type)
}

async function result(link: Link, prefix: string, output: unknown): Promise<Uint8Array<ArrayBuffer>> {
  const path = resultPath(output)
  if (path === undefined) throw new BackendError(link.server.name, "it finished without a file", "transient")
  link.progress({ text: "fetching the model" })
  return fetchFile(link, prefix, path, link)
}
