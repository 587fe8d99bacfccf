import { crc32, deflateSync } from "node:zlib"

/** What flows between nodes: nothing but a size, how many, and a colour. */
export interface Stuff {
  width: number
  height: number
  /** Pictures of a batch, or frames. */
  count: number
  /** 0xRRGGBB. */
  color: number
}

/** A PNG of one colour, with the text chunks that ComfyUI writes (prompt, workflow). */
export function png({ width, height, color }: Stuff, texts: Record<string, string> = {}): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const row = Buffer.alloc(1 + width * 3)
  for (let x = 0; x < width; x++) row.set([color >> 16, (color >> 8) & 255, color & 255], 1 + x * 3)
  const rows = Buffer.concat(Array.from({ length: height }, () => row))
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    ...Object.entries(texts).map(([key, text]) => chunk("tEXt", Buffer.from(`${key}\0${text}`, "latin1"))),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data])
  const out = Buffer.alloc(body.byteLength + 8)
  out.writeUInt32BE(data.byteLength, 0)
  out.set(body, 4)
  out.writeUInt32BE(crc32(body), body.byteLength + 4)
  return out
}

/** A triangle. */
export function glb(): Buffer {
  const positions = Buffer.from(new Float32Array([0, 0, 0, 1, 0, 0, 0, 1, 0]).buffer)
  const json = pad(
    Buffer.from(
      JSON.stringify({
        asset: { version: "2.0" },
        scene: 0,
        scenes: [{ nodes: [0] }],
        nodes: [{ mesh: 0 }],
        meshes: [{ primitives: [{ attributes: { POSITION: 0 } }] }],
        accessors: [{ bufferView: 0, componentType: 5126, count: 3, type: "VEC3", min: [0, 0, 0], max: [1, 1, 0] }],
        bufferViews: [{ buffer: 0, byteLength: positions.byteLength }],
        buffers: [{ byteLength: positions.byteLength }],
      }),
    ),
  )
  const words = (...values: number[]) => {
    const out = Buffer.alloc(values.length * 4)
    values.forEach((value, at) => out.writeUInt32LE(value, at * 4))
    return out
  }
  const length = 12 + 8 + json.byteLength + 8 + positions.byteLength
  return Buffer.concat([
    words(0x46546c67, 2, length),
    words(json.byteLength, 0x4e4f534a),
    json,
    words(positions.byteLength, 0x004e4942),
    positions,
  ])
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.byteLength % 4)) % 4, " ")])
}

/** The beginning of an MP4, and no film in it: players refuse it. */
export function mp4(): Buffer {
  const box = (type: string, data: Buffer) => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(8 + data.byteLength)
    head.write(type, 4, "latin1")
    return Buffer.concat([head, data])
  }
  return Buffer.concat([
    box("ftyp", Buffer.from("isom\0\0\x02\0isomiso2avc1mp41", "latin1")),
    box("mdat", Buffer.alloc(64)),
  ])
}

/** A WebM's or Matroska's first bytes. */
export function webm(): Buffer {
  return Buffer.concat([Buffer.from([0x1a, 0x45, 0xdf, 0xa3]), Buffer.alloc(60)])
}

/** A lossless WebP of one pixel, whatever was asked for. */
export function webp(): Buffer {
  return Buffer.from("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==", "base64")
}
