import { expect, test } from "vitest"
import { startComfyUi, type ComfyUi } from "#tests/servers/comfyui/server.ts"
import { testStudio } from "#tests/studio.ts"
import { loadRegistry } from "#tools/registry.ts"

const ORDERS = 12

test("of three servers one is slow and one says done and gives nothing: every picture is made by the others", async () => {
  const studio = await testStudio()
  // The pauses before another attempt are on the clock of the test.
  const time = setInterval(() => studio.clock.advance(200), 50)
  const [good, slow, liar] = await Promise.all([
    startComfyUi(),
    startComfyUi({ stepMs: 150 }),
    startComfyUi({ faults: { lie: "no_outputs" } }),
  ])
  const fleet: [string, ComfyUi][] = [
    ["good", good],
    ["slow", slow],
    ["liar", liar],
  ]
  for (const [, server] of fleet) server.addModels("checkpoints", "sd_xl_base_1.0.safetensors")
  const registry = await loadRegistry(["admin", "media"])
  const call = (name: string, input: object) => registry.callTool(name, input, studio.call())
  await call("server_edit", {
    operations: fleet.map(([name, { url }]) => ({ do: "add", name, kind: "comfyui", url })),
  })

  const replies = await Promise.all(
    Array.from({ length: ORDERS }, (_, n) =>
      call("image_generate", { prompt: `pebble ${n}`, preset: "sdxl", steps: 4, wait_s: 0 }),
    ),
  )
  for (const { job } of replies) {
    const view = await studio.services.jobs.wait(job?.id ?? "", { timeoutMs: 20_000 })
    expect(view).toMatchObject({ state: "done", result: { effective: { server: expect.stringMatching(/good|slow/) } } })
  }
  const done = new Map(studio.services.servers.list().map((server) => [server.name, server]))
  expect(done.get("good")?.runsDone).toBeGreaterThan(done.get("slow")?.runsDone ?? 0)
  expect(done.get("liar")).toMatchObject({ runsDone: 0, runsFailed: expect.toSatisfy((runs: number) => runs >= 3) })
  clearInterval(time)
  await Promise.all(fleet.map(([, server]) => server.close()))
  await studio.close()
})
