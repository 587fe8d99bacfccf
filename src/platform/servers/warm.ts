import type { WarmModel } from "#src/platform/servers/rows.ts"

const MOST = 16

/**
 * What is in a server's memory after `used` ran there: the models that fit beside it, the least recently used gone first.
 * A model of unknown size counts as half of the memory; without a known memory only the last one is remembered.
 */
export function warmAfter(before: readonly WarmModel[], used: WarmModel, vramMb: number | undefined): WarmModel[] {
  const others = before.filter((it) => it.signature !== used.signature)
  if (vramMb === undefined) return [used]
  const kept = [used]
  let taken = sizeOf(used, vramMb)
  for (const model of others) {
    taken += sizeOf(model, vramMb)
    if (taken > vramMb || kept.length >= MOST) break
    kept.push(model)
  }
  return kept
}

function sizeOf(model: WarmModel, vramMb: number): number {
  return model.vramMb > 0 ? model.vramMb : vramMb / 2
}
