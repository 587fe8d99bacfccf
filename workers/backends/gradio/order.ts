import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"
import { numbersOf, sourcesOf, type GradioApp } from "#workers/backends/gradio/app.ts"
import { fileInput } from "#workers/backends/shared/file-input.ts"

export const gradioOrder = z.object({
  image: fileInput.optional(),
  text: z.string().min(1).max(4_000).optional(),
  seed: z.number().int().min(0).max(4_294_967_295).optional(),
  /** By the names of the app's description. */
  numbers: z.record(z.string().max(50), z.number()).default({}),
})
export type GradioOrder = z.output<typeof gradioOrder>

/** The numbers of a run. Throws BackendError "input" when the order does not fit the app. */
export function checkedOrder({ name }: ServerRef, app: GradioApp, order: GradioOrder): Record<string, number> {
  const no = (problem: string) => new BackendError(name, problem, "input")
  const kinds = new Set(sourcesOf(app).map((it) => it.from))
  if (kinds.has("image") && !order.image) throw no(`${app.title} needs a picture`)
  if (kinds.has("text") && !order.text) throw no(`${app.title} needs a text`)
  const known = numbersOf(app)
  const names = [...new Set(known.map((it) => it.name))]
  const strange = Object.keys(order.numbers).find((it) => !names.includes(it))
  if (strange !== undefined)
    throw no(`${app.title} has no "${strange.slice(0, 50)}"; it has ${names.join(", ") || "no numbers to set"}`)
  return Object.fromEntries(
    known.map((it) => {
      const value = order.numbers[it.name] ?? it.default
      if (!(value >= it.min && value <= it.max) || (it.whole && !Number.isInteger(value)))
        throw no(`${it.name} is ${value}, but must be ${it.whole ? "a whole number " : ""}from ${it.min} to ${it.max}`)
      return [it.name, value]
    }),
  )
}
