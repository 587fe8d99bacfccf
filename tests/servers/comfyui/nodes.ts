import { createHash } from "node:crypto"
import { glb, mp4, png, webm, webp, type Stuff } from "#tests/servers/comfyui/media.ts"
import type { Graph, Sim } from "#tests/servers/comfyui/state.ts"

/** An exception of a node, as Python names it. */
export class NodeFailure extends Error {
  readonly type: string
  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

export class Interrupted extends Error {}

export interface Run {
  sim: Sim
  graph: Graph
  /** One step of the node: tells its progress, takes its time, and stops when the run was interrupted. */
  step(value: number, max: number, preview?: Buffer): Promise<void>
}

export interface Result {
  outputs: unknown[]
  ui?: Record<string, unknown>
}

type Inputs = Record<string, unknown>

/** For a megapixel. */
const SCALE_MS = 15
const SIZE: Stuff = { width: 64, height: 64, count: 1, color: 0x336699 }

/**
 * What a node makes. Savers write real files, LoadImage reads the input folder, samplers take their steps; models are not run:
 * whatever else there is hands on the size and colour of what it was given.
 */
export async function execute(run: Run, classType: string, inputs: Inputs): Promise<Result> {
  const { sim } = run
  const stuff = stuffOf(inputs)
  if (classType in SAVERS) return save(run, classType, inputs, stuff)
  switch (classType) {
    case "EmptyImage":
      return { outputs: [{ ...stuff, color: Number(inputs["color"] ?? 0) }] }
    case "LoadImage":
    case "LoadImageMask":
      return { outputs: [loaded(sim, String(inputs["image"])), stuff] }
    case "ImageScale":
      // Lanczos takes its time, and does not look whether somebody wants it to stop.
      await new Promise((resolve) => setTimeout(resolve, (stuff.width * stuff.height * stuff.count * SCALE_MS) / 1e6))
      return { outputs: [stuff] }
    case "ImageInvert":
      return { outputs: [{ ...stuff, color: 0xffffff - stuff.color }] }
    case "TestSleep": {
      await sleepNode(run, inputs, stuff)
      return { outputs: [stuff] }
    }
    case "TestError":
      throw new NodeFailure(String(inputs["exception_type"]), String(inputs["exception_message"]))
  }
  if (/Sampler(?!Select)/.test(classType) && !classType.startsWith("ModelSampling")) await sample(run, inputs, stuff)
  // A scheduler's output remembers its steps for the sampler that it is linked to.
  const steps = typeof inputs["steps"] === "number" ? { steps: inputs["steps"] } : {}
  return { outputs: Array.from({ length: 4 }, () => ({ ...stuff, ...steps })) }
}

function isStuff(value: unknown): value is Stuff {
  return typeof value === "object" && value !== null && "width" in value
}

/** Sizes of its own before those of what it is given. */
function stuffOf(inputs: Inputs): Stuff {
  const given = Object.values(inputs).filter(isStuff)
  const number = (name: string) => (typeof inputs[name] === "number" ? inputs[name] : undefined)
  const first = ["images", "image", "samples", "latent_image", "video", "pixels"]
    .map((name) => inputs[name])
    .find(isStuff)
  const base = first ?? given[0] ?? SIZE
  return {
    width: number("width") ?? base.width,
    height: number("height") ?? base.height,
    count: number("length") ?? number("batch_size") ?? base.count,
    color: base.color,
  }
}

function loaded(sim: Sim, name: string): Stuff {
  const bytes = sim.disk.input.get(name)
  if (!bytes) throw new NodeFailure("FileNotFoundError", `[Errno 2] No such file or directory: '${name}'`)
  if (bytes.subarray(1, 4).toString("latin1") === "PNG" && bytes.subarray(-8, -4).toString("latin1") !== "IEND")
    throw new NodeFailure("PIL.UnidentifiedImageError", `cannot identify image file '/opt/ComfyUI/input/${name}'`)
  const isPng = bytes.subarray(1, 4).toString("latin1") === "PNG"
  return {
    width: isPng ? bytes.readUInt32BE(16) : SIZE.width,
    height: isPng ? bytes.readUInt32BE(20) : SIZE.height,
    count: 1,
    color: Number.parseInt(createHash("sha256").update(bytes).digest("hex").slice(0, 6), 16),
  }
}

async function sample(run: Run, inputs: Inputs, stuff: Stuff): Promise<void> {
  const sigmas = inputs["sigmas"] as { steps?: number } | undefined // what BasicScheduler made
  const steps = Number(inputs["steps"] ?? sigmas?.steps ?? 4)
  outOfMemory(run.sim)
  for (let step = 1; step <= steps; step++)
    await run.step(step, steps, png({ ...stuff, width: 8, height: 8, color: step }))
}

async function sleepNode(run: Run, inputs: Inputs, stuff: Stuff): Promise<void> {
  outOfMemory(run.sim)
  const steps = Number(inputs["steps"])
  const ms = (Number(inputs["seconds"]) * 1000) / steps
  const until = Date.now()
  for (let step = 1; step <= steps; step++) {
    const preview = inputs["previews"] === true ? png({ ...stuff, width: 8, height: 8, color: step }) : undefined
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, until + step * ms - Date.now())))
    await run.step(step, steps, preview)
  }
}

function outOfMemory({ faults }: Sim): void {
  if (!faults.memory) return
  throw new NodeFailure(
    "torch.OutOfMemoryError",
    "Allocation on device 0 would exceed allowed memory. (out of memory)\nCurrently allocated     : 21.40 GiB\nRequested               : 4.50 GiB\n",
  )
}

interface Saver {
  key: string
  extension: string
  make(stuff: Stuff, texts: Record<string, string>): Buffer
  type?: "temp"
  extra?: Record<string, unknown>
}

const SAVERS: Record<string, Saver> = {
  SaveImage: { key: "images", extension: "png", make: png },
  PreviewImage: { key: "images", extension: "png", make: png, type: "temp" },
  SaveAnimatedWEBP: { key: "images", extension: "webp", make: webp, extra: { animated: [true] } },
  SaveAnimatedPNG: { key: "images", extension: "png", make: png, extra: { animated: [true] } },
  SaveVideo: { key: "images", extension: "mp4", make: mp4, extra: { animated: [true] } },
  SaveWEBM: { key: "images", extension: "webm", make: webm, extra: { animated: [true] } },
  SaveGLB: { key: "3d", extension: "glb", make: glb },
}

/** Files as "prefix_00001_.png", counted per prefix, under the key that the real node uses. */
function save({ sim, graph }: Run, classType: string, inputs: Inputs, stuff: Stuff): Result {
  const { key, extension, make, type = "output", extra } = SAVERS[classType] as Saver // the caller looked
  const prefix =
    type === "temp"
      ? "ComfyUI_temp_abcde"
      : typeof inputs["filename_prefix"] === "string"
        ? inputs["filename_prefix"]
        : "ComfyUI"
  const files = type === "temp" ? sim.memory.temp : sim.disk.output
  const subfolder = prefix.includes("/") ? prefix.slice(0, prefix.lastIndexOf("/")) : ""
  const isOne = key === "3d" || extension === "mp4" || extension === "webm" || extension === "webp"
  const made = Array.from({ length: isOne ? 1 : stuff.count }, () => {
    const number = [...files.keys()].filter((name) => name.startsWith(`${prefix}_`)).length + 1
    const path = `${prefix}_${String(number).padStart(5, "0")}_.${extension}`
    files.set(path, make(stuff, { prompt: JSON.stringify(graph) }))
    return { filename: path.slice(path.lastIndexOf("/") + 1), subfolder, type }
  })
  return { outputs: [], ui: { [key]: made, ...extra } }
}
