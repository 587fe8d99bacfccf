import type { Source } from "#workers/backends/gradio/app.ts"
import { resultPath } from "#workers/backends/gradio/result.ts"
import { fileValue } from "#workers/backends/gradio/wire.ts"

/** What a run has to give to the app's functions. */
export interface Given {
  /** The uploaded picture, as Gradio wants to be told of it. */
  image: object | undefined
  text: string | undefined
  seed: number
  numbers: Record<string, number>
  /** The outputs of the calls so far. */
  results: unknown[][]
}

/** The value of one input. */
export function valueOf(source: Source, { image, text, seed, numbers, results }: Given): unknown {
  if (source.from === "image") return image
  if (source.from === "text") return text
  if (source.from === "seed") return seed % (source.max + 1)
  if (source.from === "number") return numbers[source.name]
  if (source.from === "constant") return source.value
  return passedOn(results[source.call]?.[source.output])
}

/** A file goes on to the next call by its path alone, without the address that came with it. */
function passedOn(value: unknown): unknown {
  const path = resultPath(value)
  if (path === undefined) return value ?? null
  return fileValue(path, path.split(/[/\\]/).at(-1) ?? "file", "application/octet-stream")
}
