import { nullForNan } from "#workers/backends/comfyui/request.ts"

const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92
const OPEN = new Set([91, 123])
const CLOSE = new Set([93, 125])

/**
 * The entries of a JSON object while it arrives, each parsed by itself: the memory it takes is that of its largest entry.
 * Entries longer than `entryChars`, and those that are no JSON, are left out. Throws when it ends in the middle.
 */
export async function* jsonEntries(
  chunks: AsyncIterable<Uint8Array>,
  { entryChars }: { entryChars: number },
): AsyncGenerator<[string, unknown]> {
  const decoder = new TextDecoder()
  let kept = ""
  let isTooLong = false
  let depth = 0
  let isString = false
  let isEscaped = false
  let isDone = false
  for await (const bytes of chunks) {
    const text = decoder.decode(bytes, { stream: true })
    let from = 0
    const entry = (to: number) => {
      const whole = isTooLong ? "" : kept + text.slice(from, to)
      from = to + 1
      kept = ""
      isTooLong = false
      return parsed(whole)
    }
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      if (isEscaped) isEscaped = false
      else if (isString) {
        if (code === BACKSLASH) isEscaped = true
        else if (code === QUOTE) isString = false
      } else if (code === QUOTE) isString = true
      else if (OPEN.has(code)) {
        if (depth++ === 0) from = at + 1
      } else if (CLOSE.has(code)) {
        if (--depth > 0) continue
        isDone = true
        yield* entry(at)
      } else if (code === COMMA && depth === 1) yield* entry(at)
    }
    if (depth > 0) kept += text.slice(from)
    if (kept.length > entryChars) {
      kept = ""
      isTooLong = true
    }
  }
  if (!isDone) throw new Error("the JSON ended in the middle")
}

function parsed(entry: string): [string, unknown][] {
  for (const text of [`{${entry}}`, nullForNan(`{${entry}}`)])
    try {
      return Object.entries(JSON.parse(text) as Record<string, unknown>) // braces make an object of whatever is in them
    } catch {
      continue
    }
  return []
}
