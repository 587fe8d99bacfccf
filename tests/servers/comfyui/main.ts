import { parseArgs } from "node:util"
import { startComfyUi } from "#tests/servers/comfyui/server.ts"

/** `node tests/servers/comfyui/main.ts --port 8188 --version 0.3.64`: a server that can be killed. Says its address when it is up. */
const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8188" },
    version: { type: "string", default: "0.38.1" },
    vram: { type: "string" },
  },
})
const { url } = await startComfyUi({
  port: Number(values.port),
  version: values.version === "0.3.64" ? "0.3.64" : "0.38.1",
  ...(values.vram !== undefined && { vramMb: Number(values.vram) }),
})
process.stdout.write(`${url}\n`)
