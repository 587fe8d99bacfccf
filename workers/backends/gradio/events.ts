/** One event of a stream of server-sent events. */
export interface ServerEvent {
  event: string
  data: string
}

const MAX_EVENT_CHARS = 4 * 1024 ** 2
const MAX_EVENTS = 100_000

/**
 * Events as they come in; comments and fields other than `event` and `data` are passed over.
 * Throws RangeError when an event or the stream is longer than any that is meant well.
 */
export async function* serverEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder()
  const end = /\r?\n\r?\n/g
  let rest = ""
  let count = 0
  for await (const chunk of chunks) {
    // What was looked at before holds no end, but may hold the beginning of one.
    end.lastIndex = Math.max(0, rest.length - 3)
    rest += decoder.decode(chunk, { stream: true })
    let start = 0
    while (end.exec(rest)) {
      if (++count > MAX_EVENTS) throw new RangeError("too many events")
      const block = rest.slice(start, end.lastIndex)
      start = end.lastIndex
      const found = read(block)
      if (found) yield found
    }
    rest = rest.slice(start)
    if (rest.length > MAX_EVENT_CHARS) throw new RangeError("an event is too long")
  }
  const last = read(rest)
  if (last) yield last
}

function read(block: string): ServerEvent | undefined {
  const fields = block.split(/\r?\n/).map((line) => /^(event|data): ?(.*)$/s.exec(line))
  const of = (name: string) => fields.flatMap((it) => (it?.[1] === name ? [it[2] ?? ""] : []))
  const data = of("data")
  return data.length === 0 ? undefined : { event: of("event").at(-1) ?? "message", data: data.join("\n") }
}
