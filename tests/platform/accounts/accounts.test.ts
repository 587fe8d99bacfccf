import { afterEach, beforeEach, expect, it } from "vitest"
import { createAudit } from "#src/platform/accounts/audit.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"

const owner = { id: "local", surface: "cli" as const }
let studio: TestStudio
beforeEach(async () => {
  studio = await testStudio()
})
afterEach(() => studio.close())

it("makes the owner of this machine once, as admin everywhere", () => {
  const { accounts } = studio
  expect(accounts.local()).toEqual(accounts.local())
  expect(accounts.local()).toMatchObject({ id: "local", name: "Owner", locale: null })
  expect(accounts.role("local", "any guild")).toBe("admin")
  expect(accounts.identities("local")).toEqual([{ platform: "local", tenant: "local", externalId: "owner" }])
})

it("knows a person again by platform, tenant and id, and tells tenants apart", () => {
  const { accounts } = studio
  const identity = { platform: "slack", tenant: "T1", externalId: "U1" }
  expect(accounts.find(identity)).toBeUndefined()
  const ada = accounts.forIdentity(identity, "Ada\u202e\n Lovelace")
  expect(ada.name).toBe("Ada Lovelace")
  expect(accounts.forIdentity(identity, "renamed").id).toBe(ada.id)
  expect(accounts.forIdentity({ ...identity, tenant: "T2" }, "").id).not.toBe(ada.id)
  expect(accounts.role(ada.id, "T1")).toBe("user")
})

it("gives the higher of the role in the tenant and the role everywhere", () => {
  const { accounts } = studio
  const { id } = accounts.forIdentity({ platform: "discord", tenant: "1", externalId: "2" }, "Grace")
  accounts.setRole(owner, id, "1", "viewer")
  expect([accounts.role(id, "1"), accounts.role(id, "other")]).toEqual(["viewer", "user"])
  accounts.setRole(owner, id, "*", "admin")
  expect(accounts.role(id, "1")).toBe("admin")
})

it("writes each change of a role into the audit, which the database lets nobody change", () => {
  const { accounts, db, clock } = studio
  const { id } = accounts.forIdentity({ platform: "discord", tenant: "1", externalId: "2" }, "Grace")
  accounts.setRole(owner, id, "1", "viewer")
  accounts.setRole(owner, id, "1", "admin", "runs the guild")
  const [last, first] = createAudit(db, clock).find({ target: `account:${id}` })
  expect(first).toMatchObject({ before: { tenant: "1", role: null }, after: { tenant: "1", role: "viewer" } })
  expect(last).toMatchObject({
    actor: "local",
    surface: "cli",
    action: "role.set",
    before: { tenant: "1", role: "viewer" },
    after: { tenant: "1", role: "admin" },
    reason: "runs the guild",
    at: clock.now(),
  })
  expect(() => db.run("UPDATE audit SET actor = 'nobody'")).toThrow(/append-only/)
  expect(() => db.run("DELETE FROM audit")).toThrow(/append-only/)
})

it("says not_found for a role of nobody", () => {
  expect(() => studio.accounts.setRole(owner, "acc_nobody", "*", "admin")).toThrow(
    expect.objectContaining({ code: "not_found" }),
  )
})
