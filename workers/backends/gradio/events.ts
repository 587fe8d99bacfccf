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
  let rest = ""
  let count = 0
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    const blocks = rest.split(/\r?\n\r?\n/)
    rest = blocks.pop() ?? ""
    if (rest.length > MAX_EVENT_CHARS) throw new RangeError("an event is too long")
    for (const block of blocks) {
      if (++count > MAX_EVENTS) throw new RangeError("too many events")
      const found = read(block)
      if (found) yield found
    }
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
