/**
 * The path of a file in an output: a file, an update of a component that holds one (`value`), a list that begins with one, or
 * a bare path. Undefined when there is none.
 */
export function resultPath(output: unknown, depth = 0): string | undefined {
  if (depth > 4 || output === null) return undefined
  if (typeof output === "string") return depth > 0 || output.includes("/") ? pathOf(output) : undefined
  if (Array.isArray(output)) return resultPath(output[0], depth + 1)
  if (typeof output !== "object") return undefined
  const { path, value, image, video } = output as Record<string, unknown> // any field may be missing
  if (typeof path === "string") return pathOf(path)
  return resultPath(value ?? image ?? video ?? null, depth + 1)
}

function pathOf(text: string): string | undefined {
  return text.length > 0 && text.length <= 4_096 && !/\p{C}/u.test(text) ? text : undefined
}
