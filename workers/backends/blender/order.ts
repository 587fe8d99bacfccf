import { z } from "zod"
import { fileInput } from "#workers/backends/shared/file-input.ts"

const axis = z.number().min(-1_000).max(1_000)

const renderOrder = z.object({
  task: z.literal("render"),
  /** A GLB, not compressed beyond what the glTF add-on of that Blender reads. */
  input: fileInput,
  format: z.enum(["png", "jpeg", "webp", "tiff", "exr"]).default("png"),
  width: z.number().int().min(16).max(8_192).default(1_024),
  height: z.number().int().min(16).max(8_192).default(1_024),
  /** Paths of light per pixel. */
  samples: z.number().int().min(1).max(8_192).default(256),
  seed: z.number().int().min(0).max(2_147_483_647).default(0),
  /** From the model to the camera, in the axes of glTF (y up, z to the front), and the vertical field of view. */
  camera: z
    .object({
      direction: z.tuple([axis, axis, axis]).refine((it) => Math.hypot(...it) > 1e-6, "a direction has a length"),
      fieldDeg: z.number().min(1).max(120).default(24),
    })
    .default({ direction: [0.34, 0.36, 1], fieldDeg: 24 }),
  /** Pictures of one whole turn around the vertical axis; 1 = one picture. */
  frames: z.number().int().min(1).max(240).default(1),
  /** Of the lights; 1 = as they are. */
  light: z.number().min(0).max(10).default(1),
  ground: z.boolean().default(true),
  /** No background; the ground shows the shadow only. Not with JPEG. */
  transparent: z.boolean().default(false),
  denoise: z.boolean().default(true),
})

const convertOrder = z.object({
  task: z.literal("convert"),
  input: fileInput,
  /** Which of them a Blender writes depends on its version and build: its probe lists them. */
  format: z.enum(["blend", "fbx", "dae", "obj", "stl", "ply", "x3d", "abc", "usdc", "usdz", "glb"]),
  /** 1 = metres, as in glTF; 1000 = millimetres, for formats without units. */
  scale: z.number().min(1e-6).max(1e6).default(1),
})

export const blenderOrder = z
  .discriminatedUnion("task", [renderOrder, convertOrder])
  .refine((it) => !(it.task === "render" && it.transparent && it.format === "jpeg"), "JPEG has no transparency")
export type BlenderOrder = z.output<typeof blenderOrder>

export const blenderSettings = z.object({
  /** Longest time of one run, in seconds. */
  runS: z.number().min(1).max(86_400).default(1_800),
  /** Most memory of one run, in MB; watched on Linux. */
  memoryMb: z.number().int().min(256).max(4_194_304).default(8_192),
  /** Threads of one run; 0 = as many as there are processors. */
  threads: z.number().int().min(0).max(1_024).default(0),
  /** "cpu" leaves a GPU to others. */
  device: z.enum(["auto", "cpu"]).default("auto"),
})
