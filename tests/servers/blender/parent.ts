import { mkdir, mkdtemp, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeGlb } from "#tests/servers/glb.ts"
import { runBlender } from "#workers/backends/blender/process.ts"

// A process that renders for a long time, to be killed by a test. Says "rendering" when Blender is at it.
const folder = await mkdtemp(join(tmpdir(), "atelier-blender-parent-"))
const order = {
  input: join(folder, "input.glb"),
  output: join(folder, "out"),
  format: "png",
  width: 1_024,
  height: 1_024,
  samples: 8_192,
  seed: 0,
  direction: [0, 0, 1],
  fieldDeg: 24,
  frames: 100,
  light: 1,
  ground: true,
  transparent: false,
  denoise: false,
  device: "cpu",
}
await mkdir(order.output)
await writeFile(order.input, makeGlb())
await runBlender({
  executable: process.argv[2] ?? "",
  script: "render",
  order,
  folder,
  name: "parent",
  signal: new AbortController().signal,
  timeLimitS: 600,
  memoryMb: 8_192,
  threads: 1,
  onLine: (line) => {
    if (line.includes("| Sample ")) process.send?.({ rendering: folder })
  },
})
