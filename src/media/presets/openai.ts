import type { Preset } from "#src/media/preset.ts"

/** Everything but words, size and pictures is the server's own business. */
const REMOTE = {
  family: "openai",
  kinds: ["openai"],
  fast: {},
  quality: {},
  noNegative: true,
  maxLoras: 0,
  vramMb: 0,
  licence: "The terms of the service, or of the model that a server of your own runs.",
} as const satisfies Partial<Preset>

/** Servers that speak OpenAI's protocol: its own service, clouds that copy it, LocalAI, vLLM-Omni and others. */
export const openai: readonly Preset[] = [
  {
    ...REMOTE,
    name: "openai_image",
    title: "OpenAI protocol, pictures",
    makes: "image",
    builds: [
      {
        ways: ["text", "edit"],
        files: { remote: ["gpt-image-2", "gpt-image-1.5", "gpt-image-1", "gpt-image-1-mini", "dall-e-3"] },
      },
    ],
    settings: { steps: 1, cfg: 1, sampler: "its own", scheduler: "its own", width: 1024, height: 1024 },
    size: { multiple: 16, max: 2048, maxPixels: 4_194_304 },
    stepSeconds: 25,
    prompting: "Sentences that describe the picture, or what to change.",
  },
  {
    ...REMOTE,
    name: "openai_video",
    title: "OpenAI protocol, videos",
    makes: "video",
    builds: [{ ways: ["text", "first"], files: { remote: ["sora-2", "sora-2-pro"] } }],
    settings: {
      steps: 1,
      cfg: 1,
      sampler: "its own",
      scheduler: "its own",
      width: 1280,
      height: 720,
      frames: 97,
      fps: 24,
    },
    // Videos are ordered in whole seconds, which are counted here in frames of 24 a second.
    frames: { every: 24, max: 289 },
    size: { multiple: 16, max: 1920, maxPixels: 2_073_600 },
    stepSeconds: 20,
    prompting: "Sentences: who does what, where, and how the camera moves.",
  },
]

/** Models whose names tell that they make pictures or videos; a server lists all of its models in one row. */
export const REMOTE_NAMES = {
  image: /image|dall-?e|diffusion|sdxl|flux|imagen|seedream|kontext/i,
  video: /video|sora|veo|(?<![a-z])wan(?![a-z])|ltx|mochi/i,
} as const
