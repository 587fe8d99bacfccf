import { gradioApp, type GradioApp } from "#workers/backends/gradio/app.ts"

const image = { from: "image" } as const
const state = { from: "constant", value: null } as const
const fixed = (value: string | number | boolean) => ({ from: "constant", value }) as const
const number = (name: string, min: number, max: number, usual: number) =>
  ({ from: "number", name, min, max, default: usual }) as const
const whole = (name: string, min: number, max: number, usual: number) =>
  ({ ...number(name, min, max, usual), whole: true }) as const
const result = (call: number, output: number) => ({ from: "result", call, output }) as const

/** Stable Fast 3D has one function for both of its buttons, and keeps the cut-out picture in a State. */
const sf3dButton = (button: "Remove Background" | "Run") => ({
  fn: "run_button",
  inputs: [
    fixed(button),
    image,
    state,
    number("foreground_ratio", 0.5, 1, 0.85),
    fixed("None"),
    whole("vertex_count", -1, 20_000, -1),
    whole("texture_size", 512, 2_048, 1_024),
  ],
})

/**
 * Apps that are ready to use, as their published sources describe them (functions, order of inputs, ranges). None was run
 * with its model. A copy of an app may differ: a probe compares functions and numbers of inputs, and settings may carry
 * another description.
 */
export const gradioApps = {
  trellis: gradioApp.parse({
    title: "TRELLIS",
    calls: [
      { fn: "start_session", inputs: [] },
      { fn: "preprocess_image", inputs: [image] },
      {
        fn: "image_to_3d",
        inputs: [
          result(1, 0),
          state,
          state,
          { from: "seed" },
          number("ss_guidance_strength", 0, 10, 7.5),
          whole("ss_sampling_steps", 1, 50, 12),
          number("slat_guidance_strength", 0, 10, 3),
          whole("slat_sampling_steps", 1, 50, 12),
          fixed("stochastic"),
        ],
      },
      {
        fn: "extract_glb",
        inputs: [state, number("mesh_simplify", 0.9, 0.98, 0.95), whole("texture_size", 512, 2_048, 1_024)],
      },
    ],
    output: 0,
  }),
  triposr: gradioApp.parse({
    title: "TripoSR",
    calls: [
      { fn: "preprocess", inputs: [image, fixed(true), number("foreground_ratio", 0.5, 1, 0.85)] },
      { fn: "generate", inputs: [result(0, 0), whole("mc_resolution", 32, 320, 256)] },
    ],
    output: 1,
  }),
  sf3d: gradioApp.parse({
    title: "Stable Fast 3D",
    calls: [sf3dButton("Remove Background"), sf3dButton("Run")],
    output: 4,
    licenceNote:
      "Stable Fast 3D's weights are under the Stability AI Community License: free below one million US dollars of yearly revenue.",
  }),
  "step1x-3d": gradioApp.parse({
    title: "Step1X-3D",
    calls: [
      {
        fn: "generate_func",
        inputs: [
          image,
          number("guidance_scale", 1, 20, 7.5),
          whole("inference_steps", 1, 100, 50),
          whole("max_facenum", 1_000, 1_000_000, 400_000),
          fixed("symmetry"),
          fixed("sharp"),
        ],
      },
    ],
    output: 1,
  }),
} satisfies Record<string, GradioApp>
