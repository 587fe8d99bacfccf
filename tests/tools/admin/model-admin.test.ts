import { expect, test } from "vitest"
import { startComfyUi } from "#tests/servers/comfyui/server.ts"
import { testStudio } from "#tests/studio.ts"
import { loadRegistry } from "#tools/registry.ts"

test("model files are listed by folder and found across servers; one that is silent does not hide the others", async () => {
  const [studio, one, two] = await Promise.all([testStudio(), startComfyUi(), startComfyUi()])
  one.addModels("checkpoints", "sd_xl_base_1.0.safetensors")
  two.addModels("loras", "gold-leaf.safetensors")
  const registry = await loadRegistry(["admin"])
  const call = (input: object) => registry.callTool("model_admin", input, studio.call())
  const add = (name: string, url: string) => ({ do: "add", name, kind: "comfyui", url })
  await registry.callTool("server_edit", { operations: [add("gpu1", one.url), add("gpu2", two.url)] }, studio.call())

  const found = await call({ find: "SD_XL" })
  expect(found.data).toMatchObject({
    servers: [
      { name: "gpu1", files: [{ folder: "checkpoints", file: "sd_xl_base_1.0.safetensors" }] },
      { name: "gpu2", files: [] },
    ],
  })
  expect((await call({ server: "gpu2", folder: "loras" })).say).toContain("gold-leaf.safetensors")
  await one.kill()
  const rest = await call({ folder: "loras" })
  expect(rest.data).toMatchObject({
    servers: [
      { name: "gpu1", problem: expect.any(String) },
      { name: "gpu2", files: [{ file: "gold-leaf.safetensors" }] },
    ],
  })
  await expect(call({ server: "gpu9" })).rejects.toMatchObject({ problem: 'There is no server "gpu9".' })
  await Promise.all([one.close(), two.close()])
  await studio.close()
})

test("a preset is loaded on the server that is named, and on no other", async () => {
  const [studio, one, two] = await Promise.all([testStudio(), startComfyUi(), startComfyUi()])
  for (const server of [one, two]) server.addModels("checkpoints", "sd_xl_base_1.0.safetensors")
  const registry = await loadRegistry(["admin"])
  const call = (name: string, input: object) => registry.callTool(name, input, studio.call())
  const add = (name: string, url: string) => ({ do: "add", name, kind: "comfyui", url })
  await call("server_edit", { operations: [add("gpu1", one.url), add("gpu2", two.url)] })

  await expect(call("model_admin", { warm: "sdxl" })).rejects.toMatchObject({
    problem: "A model is loaded on one server.",
  })
  await expect(call("model_admin", { warm: "flux_dev", server: "gpu2" })).rejects.toThrow(/flux1-dev/)
  const { say, job } = await call("model_admin", { warm: "sdxl", server: "gpu2" })
  expect(say).toBe("gpu2 has sdxl in its memory now.")
  const view = await studio.services.jobs.wait(job?.id ?? "", { timeoutMs: 10_000 })
  expect(view.state).toBe("done")
  expect([one.posted.length, two.posted.length]).toEqual([0, 1])
  const warm = studio.services.servers.list().map(({ name, warm: models }) => [name, models.join()])
  expect(warm).toEqual([
    ["gpu1", ""],
    ["gpu2", expect.stringContaining("sd_xl_base_1.0.safetensors")],
  ])
  await Promise.all([one.close(), two.close()])
  await studio.close()
})
