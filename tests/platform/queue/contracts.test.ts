import { describe, expect, it } from "vitest"
import { createContracts } from "#src/platform/queue/contracts.ts"
import { probes } from "#tests/platform/queue/rig.ts"

describe("contracts", () => {
  it("are found by the name of their file, when asked for", () => {
    const contracts = createContracts(probes)
    expect(contracts.types()).toEqual(["probe.remote", "probe.run"])
    expect(contracts.get("probe.run")).toMatchObject({ type: "probe.run", lane: "cpu" })
    expect(contracts.get("probe.run")).toBe(contracts.get("probe.run"))
  })

  it("of an unknown or impossible type are absent", () => {
    const contracts = createContracts(probes)
    for (const type of ["probe.none", "none.run", "../probe.run", "probe", ""])
      expect(contracts.get(type)).toBeUndefined()
  })

  it("of the studio itself can all be loaded", () => {
    const contracts = createContracts()
    expect(contracts.types()).toContain("design.build")
    for (const type of contracts.types()) expect(contracts.get(type)?.type).toBe(type)
  })
})
