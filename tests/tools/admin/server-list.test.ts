import { expect, test } from "vitest"
import { testStudio } from "#tests/studio.ts"
import { loadRegistry } from "#tools/registry.ts"

test("without servers the list says how to add one, and which kinds there are with what their licences demand", async () => {
  const studio = await testStudio()
  const registry = await loadRegistry(["admin"])
  const reply = await registry.callTool("server_list", { kinds: true }, studio.call())
  expect(reply.say).toContain("There are no servers. Add one: atelier server add NAME KIND URL")
  const { kinds } = reply.data as { kinds: { kind: string; makes: string[]; licence_note?: string }[] } // its output schema
  expect(kinds.map((it) => it.kind)).toEqual(expect.arrayContaining(["comfyui", "hunyuan3d"]))
  expect(kinds.find((it) => it.kind === "hunyuan3d")?.licence_note).toMatch(/South Korea/)
  await studio.close()
})

test("a server that is not there is shown as down with what happened when it was asked", async () => {
  const studio = await testStudio()
  const registry = await loadRegistry(["admin"])
  const add = { do: "add", name: "gpu1", kind: "comfyui", url: "http://127.0.0.1:9" }
  await registry.callTool("server_edit", { operations: [add] }, studio.call())
  const reply = await registry.callTool("server_list", {}, studio.call())
  expect(reply.data).toMatchObject({ servers: [{ name: "gpu1", state: "down" }], kinds: [] })
  expect(reply.say).toMatch(/gpu1 \(comfyui, down\)/)
  await studio.close()
})
