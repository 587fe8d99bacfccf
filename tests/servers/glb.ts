/** A GLB with triangles of the given points (nine numbers each), as the simplest exporter would write it. */
export function makeGlb(
  triangles: number[][] = [
    [0, 0, 0, 1, 0, 0, 0, 1, 0],
    [0, 0, 0, 1, 0, 0, 0, 0, 1],
  ],
  change: (gltf: Record<string, unknown>) => object = (gltf) => gltf,
): Uint8Array<ArrayBuffer> {
  const points = new Float32Array(triangles.flat())
  const bin = Buffer.from(points.buffer)
  const axis = (k: number) => [...points].filter((_, i) => i % 3 === k)
  const gltf = change({
    asset: { version: "2.0" },
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: [{ mesh: 0 }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0 } }] }],
    buffers: [{ byteLength: bin.length }],
    bufferViews: [{ buffer: 0, byteLength: bin.length }],
    accessors: [
      {
        bufferView: 0,
        componentType: 5126,
        type: "VEC3",
        count: points.length / 3,
        min: [0, 1, 2].map((k) => Math.min(...axis(k))),
        max: [0, 1, 2].map((k) => Math.max(...axis(k))),
      },
    ],
  })
  const text = Buffer.from(JSON.stringify(gltf))
  const json = Buffer.concat([text, Buffer.alloc((4 - (text.length % 4)) % 4, " ")])
  const head = Buffer.alloc(12)
  head.write("glTF", 0, "latin1")
  head.writeUInt32LE(2, 4)
  head.writeUInt32LE(12 + 8 + json.length + 8 + bin.length, 8)
  return new Uint8Array(Buffer.concat([head, chunk(0x4e4f534a, json), chunk(0x004e4942, bin)]))
}

function chunk(type: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32LE(bytes.length, 0)
  head.writeUInt32LE(type, 4)
  return Buffer.concat([head, bytes])
}

/** A picture of one pixel. */
export const PNG = new Uint8Array(
  Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64",
  ),
)
