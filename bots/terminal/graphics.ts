/** Pictures as terminal escape sequences: kitty and iTerm2 carry a PNG, sixel its own pixels. */

const ESC = "\u001b"
/** Largest piece of base64 the kitty protocol allows in one sequence. */
const KITTY_CHUNK = 4_096

/** Kitty graphics protocol: transmit and display (a=T) a PNG (f=100), quietly (q=2), in pieces. */
export function encodeKitty(png: Uint8Array): string {
  const base64 = Buffer.from(png).toString("base64")
  const pieces = base64.match(new RegExp(`.{1,${KITTY_CHUNK}}`, "g")) ?? [""]
  return pieces
    .map((piece, index) => {
      const more = index < pieces.length - 1 ? 1 : 0
      return `${ESC}_G${index === 0 ? "a=T,f=100,q=2," : ""}m=${more};${piece}${ESC}\\`
    })
    .join("")
}

/** iTerm2 inline images (OSC 1337). */
export function encodeIterm(png: Uint8Array): string {
  const base64 = Buffer.from(png).toString("base64")
  return `${ESC}]1337;File=inline=1;size=${png.byteLength};preserveAspectRatio=1:${base64}\u0007`
}

export interface Pixels {
  width: number
  height: number
  /** Three bytes a pixel, rows from the top. */
  rgb: Uint8Array
}

/** Levels of each channel in the fixed palette: 6 × 7 × 6 = 252 of the 256 colours most terminals have. */
const LEVELS = [6, 7, 6] as const
const BAND = 6
/** 4 × 4 ordered dither, −0.5 … +0.5 of a level. */
const BAYER = [0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5].map((it) => (it + 0.5) / 16 - 0.5)

/** DEC sixel with a fixed palette, ordered dither and run lengths. */
export function encodeSixel({ width, height, rgb }: Pixels): string {
  const indexed = quantize(width, height, rgb)
  const out = [`${ESC}P0;1q"1;1;${width};${height}`]
  const [reds, greens, blues] = LEVELS
  for (let color = 0; color < reds * greens * blues; color++) {
    const percent = channelsOf(color).map((level, channel) => Math.round((level * 100) / ((LEVELS[channel] ?? 2) - 1)))
    out.push(`#${color};2;${percent.join(";")}`)
  }
  for (let top = 0; top < height; top += BAND) out.push(encodeBand(indexed, width, Math.min(BAND, height - top), top))
  return `${out.join("")}${ESC}\\`
}

function encodeBand(indexed: Uint8Array, width: number, rows: number, top: number): string {
  const masks = new Map<number, Uint8Array>()
  for (let row = 0; row < rows; row++)
    for (let x = 0; x < width; x++) {
      const color = indexed[(top + row) * width + x] ?? 0
      let mask = masks.get(color)
      if (!mask) masks.set(color, (mask = new Uint8Array(width)))
      mask[x] = (mask[x] ?? 0) | (1 << row)
    }
  const lines = [...masks].map(([color, mask]) => `#${color}${runLengths(mask)}`)
  return `${lines.join("$")}-`
}

function runLengths(mask: Uint8Array): string {
  let out = ""
  for (let x = 0; x < mask.length;) {
    let end = x + 1
    while (end < mask.length && mask[end] === mask[x]) end++
    const sign = String.fromCodePoint(63 + (mask[x] ?? 0))
    out += end - x > 3 ? `!${end - x}${sign}` : sign.repeat(end - x)
    x = end
  }
  return out
}

function quantize(width: number, height: number, rgb: Uint8Array): Uint8Array {
  const indexed = new Uint8Array(width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const shift = BAYER[(y % 4) * 4 + (x % 4)] ?? 0
      let color = 0
      for (const [channel, levels] of LEVELS.entries()) {
        const level = Math.round(((rgb[at * 3 + channel] ?? 0) * (levels - 1)) / 255 + shift * 0.9)
        color = color * levels + Math.min(levels - 1, Math.max(0, level))
      }
      indexed[at] = color
    }
  return indexed
}

/** Levels of red, green and blue of a palette entry. */
function channelsOf(color: number): [number, number, number] {
  const [, greens, blues] = LEVELS
  return [Math.floor(color / (greens * blues)), Math.floor(color / blues) % greens, color % blues]
}
