/** First and last byte, both included. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * One range of RFC 9110 section 14: "bytes=0-99", "bytes=100-", "bytes=-500". Undefined = answer with everything, which is
 * also right for several ranges, other units and text that does not read.
 */
export function readRange(header: string | null, size: number): ByteRange | "unsatisfiable" | undefined {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "") ?? []
  if (!first && !last) return undefined
  if (!first) {
    const length = Math.min(Number(last), size)
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size - 1 }
  }
  const start = Number(first)
  const end = last ? Math.min(Number(last), size - 1) : size - 1
  if (last && Number(last) < start) return undefined
  return start >= size ? "unsatisfiable" : { start, end }
}
