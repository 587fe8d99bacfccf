import { encodeIterm, encodeKitty, encodeSixel, type Pixels } from "#bots/terminal/graphics.ts"
import type { Io } from "#bots/terminal/host.ts"

export type Protocol = "kitty" | "iterm2" | "sixel"

const MAX_EDGE_PX = 480
/** About the width of a character cell; enough to keep a picture inside the window. */
const CELL_PX = 8

/** The best way this terminal can show a picture, as far as its environment tells; undefined in pipes and under NO_COLOR. */
export async function protocolOf(io: Io): Promise<Protocol | undefined> {
  if (!io.isTTY.stdout || io.env["NO_COLOR"] || io.env["TERM"] === "dumb") return undefined
  const { createSupportsTerminalGraphics } = await import("supports-terminal-graphics")
  const support = createSupportsTerminalGraphics({ isTTY: true })
  if (support.kitty) return "kitty"
  if (support.iterm2) return "iterm2"
  return support.sixel ? "sixel" : undefined
}

/** The picture at `path` as an escape sequence; undefined when it cannot be read as one. */
export async function inlinePicture(path: string, protocol: Protocol, columns: number): Promise<string | undefined> {
  const { default: sharp } = await import("sharp")
  const edge = Math.max(64, Math.min(MAX_EDGE_PX, columns * CELL_PX))
  try {
    const small = sharp(path, { limitInputPixels: 100_000_000 }).resize(edge, edge, {
      fit: "inside",
      withoutEnlargement: true,
    })
    if (protocol !== "sixel") {
      const png = await small.png().toBuffer()
      return protocol === "kitty" ? encodeKitty(png) : encodeIterm(png)
    }
    const { data, info } = await small
      .flatten({ background: "#000" })
      .removeAlpha()
      .toColourspace("srgb")
      .raw()
      .toBuffer({ resolveWithObject: true })
    const pixels: Pixels = { width: info.width, height: info.height, rgb: data }
    return encodeSixel(pixels)
  } catch {
    // A reply is worth having without its picture; the link is printed anyway.
    return undefined
  }
}
