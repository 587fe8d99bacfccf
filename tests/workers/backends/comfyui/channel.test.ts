import { randomUUID } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { expect, test } from "vitest"
import { createLog } from "#src/platform/log.ts"
import { startComfyUi } from "#tests/servers/comfyui/server.ts"
import { serverRef } from "#tests/workers/backends/attempt.ts"
import { listen } from "#workers/backends/comfyui/channel.ts"
import type { Frame } from "#workers/backends/comfyui/frames.ts"

test("a connection that follows the end of another one of the same client is heard", async () => {
  const comfy = await startComfyUi()
  const server = serverRef("comfyui", comfy.url)
  const log = createLog("silent")
  const promptId = randomUUID()
  listen(server, { clientId: "c", promptId: "before", log }, () => undefined)()
  // The unused connection ends after a second, and this comes in the same moment: the server still knows the old one.
  await sleep(1_000)
  const heard: (Frame | undefined)[] = []
  const stop = listen(server, { clientId: "c", promptId, log }, (frame) => void heard.push(frame))
  // Until it is connected, whichever of the two the server counts.
  await sleep(300)
  const prompt = {
    "1": { class_type: "EmptyImage", inputs: { width: 8, height: 8, batch_size: 1, color: 0 } },
    "2": { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "x" } },
  }
  await fetch(`${comfy.url}/prompt`, {
    method: "POST",
    body: JSON.stringify({ prompt, prompt_id: promptId, client_id: "c" }),
  })
  for (let waits = 0; waits < 100 && !heard.some((frame) => frame?.kind === "ended"); waits++) await sleep(20)
  expect(heard).toContainEqual({ kind: "ended", promptId })
  stop()
  await comfy.close()
})
