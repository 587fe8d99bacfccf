/** One way to use an item: for which target, how sure, and which cue tokens it needs for itself. */
export interface Option<T> {
  target: T
  score: number
  cues: number[]
}

export interface Assignment<O> {
  /** Per item the option taken, undefined for none. */
  chosen: (O | undefined)[]
  /** Items that an equally good assignment gives to another target. */
  doubtful: Set<number>
}

const EPSILON = 1e-6
const OPTIONS_PER_ITEM = 6

/**
 * Best assignment of items to targets by total score; every target and every cue token is used once.
 * Branch and bound over at most 8 items with 6 options each.
 */
export function assign<T, O extends Option<T>>(options: readonly (readonly O[])[]): Assignment<O> {
  const lists = options.map((list) => [...list].sort((a, b) => b.score - a.score).slice(0, OPTIONS_PER_ITEM))
  const rest = lists.map((_, index) => lists.slice(index).reduce((sum, list) => sum + (list[0]?.score ?? 0), 0))
  let best = -1
  let winners: (O | undefined)[][] = []
  const targets = new Set<T>()
  const cues = new Set<number>()
  const walk = (index: number, score: number, chosen: (O | undefined)[]): void => {
    if (score + (rest[index] ?? 0) < best - EPSILON) return
    if (index === lists.length) {
      if (score > best + EPSILON) winners = []
      if (score >= best - EPSILON && winners.length < 16) winners.push(chosen)
      best = Math.max(best, score)
      return
    }
    for (const option of lists[index] ?? []) {
      if (targets.has(option.target) || option.cues.some((cue) => cues.has(cue))) continue
      targets.add(option.target)
      for (const cue of option.cues) cues.add(cue)
      walk(index + 1, score + option.score, [...chosen, option])
      targets.delete(option.target)
      for (const cue of option.cues) cues.delete(cue)
    }
    walk(index + 1, score, [...chosen, undefined])
  }
  walk(0, 0, [])
  const chosen = winners[0] ?? lists.map(() => undefined)
  const doubtful = new Set<number>()
  for (const winner of winners)
    for (const [index, option] of winner.entries()) if (option?.target !== chosen[index]?.target) doubtful.add(index)
  return { chosen, doubtful }
}
