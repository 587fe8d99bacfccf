import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { extname, join } from "node:path"
import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import { defineBackend, type Link, type Made, type MadeFile } from "#workers/backend.ts"
import { blenderOrder, blenderSettings, type BlenderOrder } from "#workers/backends/blender/order.ts"
import { blenderOf, probe } from "#workers/backends/blender/probe.ts"
import { runBlender } from "#workers/backends/blender/process.ts"
import { progressOf } from "#workers/backends/blender/progress.ts"
import { readInput } from "#workers/backends/shared/file-input.ts"
import { checkGlb } from "#workers/backends/shared/glb-check.ts"

/**
 * The Blender of this machine as a server ("blender:local"): pictures by Cycles, and formats that only Blender writes. A run
 * is a process; it ends with its worker, so there is nothing to come back to.
 */
export const backend = defineBackend({
  describe: () => ({
    kind: "blender",
    title: "Blender (pictures and formats, on this machine)",
    makes: ["render", "model3d"],
    progress: "percent",
    cancel: "hard",
    resumable: false,
    slots: 1,
    licenceNote:
      "Blender is free software under the GPL; it is started as a program of its own and is no part of the studio.",
  }),
  order: blenderOrder,
  handle: z.object({}),
  settings: blenderSettings,
  probe,
  start: async (order, link) => ({ made: await run(order, link) }),
  resume: async () => undefined,
  poll: async () => ({ state: "lost", why: "its run ended with the worker" }),
  // The process has been killed by then.
  cancel: async () => undefined,
  pollEveryMs: 1_000,
})

async function run(order: BlenderOrder, link: Link): Promise<Made> {
  const { server, signal, maxBytes } = link
  const { runS, memoryMb, threads, device } = blenderSettings.parse(server.settings)
  const executable = blenderOf(server)
  const bytes = await readInput(server, order.input, maxBytes)
  // Nothing but a sound GLB gets in: it holds no scripts, and reads no files beside it.
  const facts = checkGlb(bytes)
  if (typeof facts === "string") throw new BackendError(server.name, `${order.input.name}: ${facts}`, "input")
  const folder = await mkdtemp(join(tmpdir(), "atelier-blender-"))
  try {
    const input = join(folder, "input.glb")
    const output = join(folder, "out")
    await Promise.all([writeFile(input, bytes), mkdir(output)])
    link.progress({ fraction: 0, text: "starting Blender" })
    const { ok: _, ...effective } = await runBlender({
      executable,
      script: order.task,
      order: { ...flat(order), input, output, device },
      folder,
      name: server.name,
      signal,
      timeLimitS: runS,
      memoryMb,
      threads,
      onLine: (line) => {
        const progress = order.task === "render" ? progressOf(line, order.frames) : undefined
        if (progress) link.progress(progress)
      },
    })
    return { files: await collect(output, order, link), effective }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The order as the scripts read it. */
function flat(order: BlenderOrder): object {
  const { input: _, ...rest } = order
  return rest.task === "render" ? { ...rest, ...rest.camera } : rest
}

const MAX_FILES = 300

/** What it wrote: the file that was asked for first, then what belongs to it (textures, a .mtl). */
async function collect(output: string, order: BlenderOrder, { server, maxBytes }: Link): Promise<MadeFile[]> {
  const main = order.task === "render" ? /^picture(-\d{4})?\./ : new RegExp(`^model\\.${order.format}$`)
  const names = (await readdir(output)).filter((name) => /^[\w.-]{1,200}$/.test(name)).sort()
  const sorted = [...names.filter((name) => main.test(name)), ...names.filter((name) => !main.test(name))]
  const files: MadeFile[] = []
  let size = 0
  for (const name of sorted.slice(0, MAX_FILES)) {
    const path = join(output, name)
    const found = await stat(path)
    if (!found.isFile()) continue
    size += found.size
    if (found.size > maxBytes || size > 4 * maxBytes)
      throw new BackendError(
        server.name,
        `what Blender wrote is larger than ${Math.floor(maxBytes / 1024 ** 2)} MB`,
        "input",
      )
    files.push({ name, bytes: new Uint8Array(await readFile(path)), role: "result" })
  }
  const first = files[0]
  if (!first || !main.test(first.name) || !isOfItsKind(first))
    throw new BackendError(server.name, "Blender finished without the file that was asked for", "transient")
  return files
}

/** By the first bytes, where the format has some of its own. */
function isOfItsKind({ name, bytes }: MadeFile): boolean {
  const head = Buffer.from(bytes.subarray(0, 32))
  const starts = (...signatures: (string | number[])[]) =>
    signatures.some((it) =>
      head.subarray(0, it.length).equals(typeof it === "string" ? Buffer.from(it, "latin1") : Buffer.from(it)),
    )
  switch (extname(name)) {
    case ".png":
      return starts([0x89, 0x50, 0x4e, 0x47])
    case ".jpg":
    case ".jpeg":
      return starts([0xff, 0xd8, 0xff])
    case ".webp":
      return starts("RIFF")
    case ".exr":
      return starts([0x76, 0x2f, 0x31, 0x01])
    case ".tif":
    case ".tiff":
      return starts("II*", "MM\0*")
    case ".blend": // plain, zstd (from version 3.0), gzip
      return starts("BLENDER", [0x28, 0xb5, 0x2f, 0xfd], [0x1f, 0x8b])
    case ".fbx":
      return starts("Kaydara FBX Binary")
    case ".dae":
    case ".x3d":
      return starts("<?xml")
    case ".glb":
      return starts("glTF")
    case ".ply":
      return starts("ply")
    case ".usdc":
      return starts("PXR-USDC")
    case ".usdz":
      return starts("PK")
    default:
      return bytes.byteLength > 0
  }
}
