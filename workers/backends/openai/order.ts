import { z } from "zod"
import { fileInput } from "#workers/backends/shared/file-input.ts"

const model = z.string().regex(/^[\w.:@/+-]{1,200}$/, "a model's name")
const prompt = z.string().min(1).max(32_000)
/** Names of the protocol; what a model allows is its server's business. */
const size = z.string().regex(/^(auto|\d{2,5}x\d{2,5})$/, "WIDTHxHEIGHT or auto")

const imageOrder = z.object({
  task: z.literal("image"),
  model,
  prompt,
  n: z.number().int().min(1).max(10).default(1),
  size: size.optional(),
  quality: z.enum(["auto", "low", "medium", "high", "standard", "hd"]).optional(),
  background: z.enum(["auto", "transparent", "opaque"]).optional(),
  format: z.enum(["png", "jpeg", "webp"]).optional(),
  /** Not of OpenAI, but of servers that speak its protocol. */
  seed: z.number().int().min(0).max(4_294_967_295).optional(),
  /** Pictures to work from: then it is an edit. */
  images: z.array(fileInput).max(16).default([]),
  /** A PNG whose clear parts may change. */
  mask: fileInput.optional(),
})
export type ImageOrder = z.output<typeof imageOrder>

const videoOrder = z.object({
  task: z.literal("video"),
  model,
  prompt,
  size: size.optional(),
  seconds: z.number().int().min(1).max(120).optional(),
  seed: z.number().int().min(0).max(4_294_967_295).optional(),
  /** The first frame, or what it is to look like. */
  image: fileInput.optional(),
})
export type VideoOrder = z.output<typeof videoOrder>

const speechOrder = z.object({
  task: z.literal("speech"),
  model,
  text: z.string().min(1).max(50_000),
  voice: z.string().regex(/^[\w .:@/+()-]{1,200}$/, "a voice's name"),
  format: z.enum(["mp3", "opus", "aac", "flac", "wav", "pcm"]).default("mp3"),
  speed: z.number().min(0.25).max(4).optional(),
  /** How it is to be said, for models that can. */
  instructions: z.string().max(4_096).optional(),
})
export type SpeechOrder = z.output<typeof speechOrder>

export const openaiOrder = z
  .discriminatedUnion("task", [imageOrder, videoOrder, speechOrder])
  .refine((it) => it.task !== "image" || it.mask === undefined || it.images.length > 0, "a mask needs a picture")

export const openaiSettings = z.object({
  /** Other hosts from which pictures may be fetched when an answer names an address ("cdn.example.org"); https only. */
  pictureHosts: z
    .array(z.string().regex(/^[a-z0-9.-]{1,253}$/))
    .max(20)
    .default([]),
  /** Whether pictures are asked for as base64: "auto" = yes, but not of OpenAI's own models that know nothing else. */
  base64: z.enum(["auto", "always", "never"]).default("auto"),
  /** Longest time for pictures of one order, in seconds. */
  imageS: z.number().min(1).max(3_600).default(600),
  speechS: z.number().min(1).max(3_600).default(300),
  /** Longest time for a video, waiting on the server included. */
  videoS: z.number().min(1).max(86_400).default(3_600),
  /** How long a busy server is asked again before the order goes back to the queue, in seconds. */
  patienceS: z.number().min(0).max(600).default(60),
})
export type OpenaiSettings = z.output<typeof openaiSettings>
