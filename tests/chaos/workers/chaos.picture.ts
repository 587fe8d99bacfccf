import { appendFileSync } from "node:fs"
import { defineHandler } from "#src/job.ts"
import { job } from "#tests/chaos/jobs/chaos/picture.job.ts"
import { backend } from "#workers/backends/comfyui.ts"
import { runOnServer } from "#workers/run-on-server.ts"

export const handler = defineHandler({
  contract: job,
  async run({ key, trail }, context) {
    // Another colour for each key: no server may answer with what it made for somebody else.
    const color = Buffer.from(key).reduce((sum, byte) => (sum * 31 + byte) % 16_777_215, 7)
    const graph = {
      "1": { class_type: "EmptyImage", inputs: { width: 16, height: 16, batch_size: 1, color } },
      "2": { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: key } },
    }
    appendFileSync(trail, `${key} ${context.attempt} ${process.pid}\n`)
    const { files } = await runOnServer(backend, { graph }, context)
    return { key, server: context.server?.name ?? "", bytes: files[0]?.bytes.byteLength ?? 0 }
  },
})
