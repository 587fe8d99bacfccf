/** Passes on at most one value per `everyMs`: the first at once, then the latest; `stop` drops what is left. */
export function throttle<T>(everyMs: number, pass: (value: T) => void): { push: (value: T) => void; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let latest: { value: T } | undefined
  let stopped = false
  const flush = () => {
    timer = undefined
    if (!latest || stopped) return
    const { value } = latest
    latest = undefined
    timer = setTimeout(flush, everyMs)
    pass(value)
  }
  return {
    push: (value) => {
      latest = { value }
      if (!timer) flush()
    },
    stop: () => {
      stopped = true
      clearTimeout(timer)
    },
  }
}
