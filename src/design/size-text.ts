const fractions: Record<string, number> = { "¼": 0.25, "½": 0.5, "¾": 0.75 }
const pattern = /^(\d{1,3})(?:[.,](\d{1,3})|[\s-]*([1-3])\s*\/\s*([24])|\s*([¼½¾]))?$/

/** Reads "7", "7.5", "7,5", "7 1/4" and "7¼"; undefined for anything else. */
export function readFraction(text: string): number | undefined {
  const match = pattern.exec(text.trim())
  if (!match) return undefined
  const [, whole, decimals, over, under, sign] = match
  const part = decimals
    ? Number(`0.${decimals}`)
    : over
      ? Number(over) / Number(under)
      : sign
        ? (fractions[sign] ?? 0)
        : 0
  return part < 1 ? Number(whole) + part : undefined
}

/** Writes quarters the way the trade does: 7, "7 1/4", "7 1/2", "7 3/4". */
export function writeFraction(value: number): string {
  const whole = Math.floor(value)
  const quarter = Math.round((value - whole) * 4)
  return quarter === 0 ? String(whole) : `${whole} ${["", "1/4", "1/2", "3/4"][quarter]}`
}
