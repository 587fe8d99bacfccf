import { afterEach, beforeEach, expect, test } from "vitest"
import { startComfyUi, type ComfyUi } from "#tests/servers/comfyui/server.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry } from "#tools/registry.ts"

let studio: TestStudio
let comfy: ComfyUi
beforeEach(async () => {
  ;[studio, comfy] = await Promise.all([testStudio(), startComfyUi({ vramMb: 24_576 })])
})
afterEach(async () => {
  await comfy.close()
  await studio.close()
})

const edit = async (...operations: object[]) =>
  (await loadRegistry(["admin"])).callTool("server_edit", { operations }, studio.call())
const states = () => studio.services.servers.list().map((server) => [server.name, server.state])

test("a ComfyUI server is added, probed, drained, taken back and removed by name", async () => {
  const reply = await edit({ do: "add", name: "gpu1", kind: "comfyui", url: comfy.url })
  expect(reply.data).toMatchObject({ servers: [{ name: "gpu1", state: "ready", slots: 1, vram_mb: 24_576 }] })
  expect(reply.say).toMatch(/^gpu1 \(comfyui, ready\): 0 of 1 running, 0 waiting, 24 GB/)
  const id = studio.services.servers.list()[0]?.id ?? ""
  expect(studio.services.servers.inventory(id)).toEqual(expect.arrayContaining(["node:EmptyImage", "node:SaveImage"]))
  await edit({ do: "drain", name: "gpu1" })
  expect(states()).toEqual([["gpu1", "draining"]])
  await edit({ do: "resume", name: "gpu1" })
  expect(states()).toEqual([["gpu1", "ready"]])
  expect((await edit({ do: "remove", name: "gpu1" })).data).toEqual({ servers: [], removed: ["gpu1"] })
  expect(states()).toEqual([])
})

test("the first operation that fails ends the list and what was done before stays", async () => {
  const first = { do: "add", name: "gpu1", kind: "comfyui", url: comfy.url }
  await expect(edit(first, { do: "drain", name: "gpu9" })).rejects.toMatchObject({
    problem: 'There is no server "gpu9".',
    code: "not_found",
  })
  expect(states()).toEqual([["gpu1", "ready"]])
})

test("settings must be a JSON object that the kind of server knows", async () => {
  const add = (settings: string) => edit({ do: "add", name: "sculptor", kind: "hunyuan3d", url: comfy.url, settings })
  await expect(add("[1]")).rejects.toMatchObject({ problem: "The settings are not a JSON object." })
  await expect(add('{"version":"9"}')).rejects.toMatchObject({
    problem: expect.stringContaining("do not fit a server of kind hunyuan3d"),
  })
  expect(states()).toEqual([])
})

test("only admins may touch servers", async () => {
  const registry = await loadRegistry(["admin"])
  const call = registry.callTool("server_list", {}, studio.call({ role: "user" }))
  await expect(call).rejects.toMatchObject({ code: "forbidden" })
})

test("a field that an operation does not have is named, not dropped", async () => {
  await expect(edit({ do: "drain", name: "gpu1", forse: true })).rejects.toMatchObject({
    code: "bad_input",
    problem: expect.stringContaining("forse"),
  })
})
