import { z } from "zod"

/** JSON that is passed on as it is; null stands for what the app keeps itself (a State). */
const constant = z.union([z.string().max(2_000), z.number(), z.boolean(), z.null(), z.array(z.null()).max(0)])
const parameter = z.string().regex(/^[a-z][a-z0-9_]{0,40}$/, "a name such as texture_size")

/** Where the value of one input of a function comes from. */
const source = z.discriminatedUnion("from", [
  /** The order's picture, uploaded. */
  z.strictObject({ from: z.literal("image") }),
  z.strictObject({ from: z.literal("text") }),
  /** The order's seed, or one that is drawn. */
  z.strictObject({ from: z.literal("seed"), max: z.number().int().min(1).max(4_294_967_295).default(2_147_483_647) }),
  z.strictObject({ from: z.literal("constant"), value: constant }),
  /** A number that an order may set within a range. */
  z.strictObject({
    from: z.literal("number"),
    name: parameter,
    min: z.number(),
    max: z.number(),
    default: z.number(),
    whole: z.boolean().default(false),
  }),
  /** What an earlier call gave: the number of the call and of its output, from 0. */
  z.strictObject({
    from: z.literal("result"),
    call: z.number().int().min(0).max(7),
    output: z.number().int().min(0).max(31),
  }),
])
export type Source = z.output<typeof source>

const call = z.strictObject({
  /** The function's API name, without slash. */
  fn: z.string().regex(/^[\w-]{1,100}$/, "an API name such as image_to_3d"),
  /** In the order of the function's inputs; a State counts, as a constant null. */
  inputs: z.array(source).max(32),
})

/** How a Gradio app is driven: functions that are called one after the other in one session, and the output that is the model. */
export const gradioApp = z
  .strictObject({
    title: z.string().min(1).max(80),
    calls: z.array(call).min(1).max(8),
    /** Which output of the last call is the GLB, from 0. */
    output: z.number().int().min(0).max(31),
    /** How sure the description is: read in the app's source or documentation, or tried with the app. */
    known: z.enum(["documentation", "tried"]).default("documentation"),
    licenceNote: z.string().max(500).optional(),
  })
  .refine(
    ({ calls }) => calls.every(({ inputs }, i) => inputs.every((it) => it.from !== "result" || it.call < i)),
    "a result can only come from an earlier call",
  )
export type GradioApp = z.output<typeof gradioApp>

/** Every input of all calls. */
export function sourcesOf(app: GradioApp): Source[] {
  return app.calls.flatMap((it) => it.inputs)
}

/** The numbers that an order may set. */
export function numbersOf(app: GradioApp): Extract<Source, { from: "number" }>[] {
  return sourcesOf(app).filter((it) => it.from === "number")
}
