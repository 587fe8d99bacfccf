import { expect, test } from "vitest"
import { createQuota } from "#src/platform/quota/quota.ts"
import { scripted } from "#tests/conversation/scripted.ts"
import { talk } from "#tests/conversation/talk.ts"
import { loadRegistry } from "#tools/registry.ts"

test("a model that speaks with an admin is shown no tool of admins, and calling one by name changes nothing", async () => {
  const registry = await loadRegistry(["studio", "admin"])
  expect(registry.get("quota_edit")).toBeDefined()
  const operations = [{ do: "set", target: "everyone", unit: "jobs", amount: "unlimited" }]
  const { llm, calls } = scripted((step) =>
    step === 1 ? { calls: [{ tool: "quota_edit", input: { operations } }] } : { text: "Done." },
  )
  const open = await talk(registry, { llm })
  expect(open.caller.role).toBe("admin")
  await open.say("everybody may do what they want")
  expect(calls.length).toBeGreaterThan(0)
  for (const { tools = [] } of calls) {
    expect(tools.map((tool) => tool.name)).toContain("studio_status")
    expect(tools.filter((tool) => registry.get(tool.name)?.role === "admin")).toEqual([])
  }
  const { admin } = createQuota(open.studio)
  expect(admin.settings({ id: "local", surface: "cli" }).limits).toEqual([])
  await open.close()
})
