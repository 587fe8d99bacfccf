/**
 * Runs in a process of its own, since it opens pictures of strangers: `node look-child.ts <path>` writes a small JPEG of the
 * picture to stdout. What a camera noted in the file (places, names) stays behind. Exits with 1 when it is no readable picture.
 */
import sharp from "sharp"

/** What models look at in full; larger pictures are made smaller by them. */
const MAX_EDGE_PX = 1_568
const MAX_PIXELS = 60_000_000
const MAX_BYTES = 1_000_000

// Formats that pictures of people come in, and no others: each reader is one more that a file could break.
sharp.block({ operation: ["VipsForeignLoad"] })
sharp.unblock({
  operation: ["Jpeg", "Png", "Webp", "Nsgif", "Heif"].map((format) => `VipsForeignLoad${format}File`),
})
sharp.cache(false)
sharp.concurrency(1)

try {
  process.stdout.write(await small(process.argv[2] ?? ""))
} catch {
  process.exitCode = 1
}

async function small(path: string): Promise<Buffer> {
  for (const quality of [84, 70, 50]) {
    const bytes = await sharp(path, { limitInputPixels: MAX_PIXELS })
      .autoOrient()
      .flatten({ background: "#ffffff" })
      .resize(MAX_EDGE_PX, MAX_EDGE_PX, { fit: "inside", withoutEnlargement: true })
      .jpeg({ quality })
      .toBuffer()
    if (bytes.byteLength <= MAX_BYTES) return bytes
  }
  throw new Error("too large")
}
