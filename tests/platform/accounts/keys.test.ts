import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { z } from "zod"
import { createAudit } from "#src/platform/accounts/audit.ts"
import { allows, scopeOf } from "#src/platform/accounts/scopes.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"

const owner = { id: "local", surface: "cli" as const }
let studio: TestStudio
beforeEach(async () => {
  studio = await testStudio()
})
afterEach(() => studio.close())

const create = (more: { expiresAt?: number; scopes?: string[]; role?: "admin" | "user" | "service" } = {}) =>
  studio.keys.create(owner, { accountId: "local", name: "laptop", role: "service", scopes: ["*"], ...more })

describe("keys", () => {
  it("are shown once, stored as a hash, and let their holder in", () => {
    const { key, token } = create({ scopes: ["export:write", "design:read", "design:read"] })
    expect(token).toMatch(/^atl_[\w-]{54}$/)
    expect(studio.keys.verify(token)).toEqual({
      keyId: key.id,
      accountId: "local",
      tenantId: "local",
      role: "service",
      scopes: ["design:read", "export:write"],
    })
    const row = studio.db.get(z.record(z.string(), z.unknown()), "SELECT * FROM api_key")
    expect(JSON.stringify(row)).not.toContain(token.slice(14))
    expect(studio.keys.list()).toEqual([
      expect.objectContaining({ prefix: token.slice(0, 12), lastUsedAt: studio.clock.now() }),
    ])
    expect(JSON.stringify(createAudit(studio.db, studio.clock).find())).not.toContain(token.slice(4))
  })

  it("are refused when unknown, malformed or changed in any place", () => {
    const { token } = create()
    const swapped = token.slice(0, -2) + (token.at(-2) === "A" ? "B" : "A") + token.slice(-1)
    for (const wrong of ["", "atl_", swapped, `${token}x`, token.slice(0, -1), "x".repeat(100_000), `${token}\n`])
      expect(studio.keys.verify(wrong)).toBeUndefined()
  })

  it("stop at their expiry and when they are revoked, by id or by prefix", () => {
    const soon = create({ expiresAt: studio.clock.now() + 1_000 })
    const [byId, byPrefix] = [create(), create()]
    studio.clock.advance(999)
    expect(studio.keys.verify(soon.token)).toBeDefined()
    studio.clock.advance(1)
    expect(studio.keys.verify(soon.token)).toBeUndefined()
    studio.keys.revoke(owner, byId.key.id, "lost laptop")
    const revoked = studio.keys.revoke(owner, byPrefix.key.prefix)
    expect(studio.keys.revoke(owner, byPrefix.key.prefix)).toEqual(revoked)
    expect([byId, byPrefix].map((it) => studio.keys.verify(it.token))).toEqual([undefined, undefined])
    expect(createAudit(studio.db, studio.clock).find({ action: "key.revoke" })).toHaveLength(2)
    expect(() => studio.keys.revoke(owner, "key_none")).toThrow(expect.objectContaining({ code: "not_found" }))
  })

  it("never do more than their owner may do now", () => {
    const { token } = create({ role: "admin" })
    expect(studio.keys.verify(token)?.role).toBe("admin")
    studio.accounts.setRole(owner, "local", "*", "viewer")
    expect(studio.keys.verify(token)?.role).toBe("viewer")
  })

  it("note their last use at most once a minute, and work when the note cannot be written", () => {
    const { token } = create()
    const used = () => studio.keys.list()[0]?.lastUsedAt
    const start = studio.clock.now()
    studio.keys.verify(token)
    studio.clock.advance(59_000)
    studio.keys.verify(token)
    expect(used()).toBe(start)
    studio.db.run("PRAGMA query_only = ON")
    studio.clock.advance(2_000)
    expect(studio.keys.verify(token)).toBeDefined()
    studio.db.run("PRAGMA query_only = OFF")
    expect(studio.keys.verify(token)).toBeDefined()
    expect(used()).toBe(start + 61_000)
  })

  it("cannot be made with a scope that does not read, an expiry in the past, or for nobody", () => {
    expect(() => create({ scopes: ["design:wirte"] })).toThrow(/"design:wirte" is not a scope/)
    expect(() => create({ scopes: [] })).toThrow(/1 to 64 scopes/)
    expect(() => create({ expiresAt: studio.clock.now() })).toThrow(/expired already/)
    expect(() => studio.keys.create(owner, { accountId: "acc_x", name: "x", role: "user", scopes: ["*"] })).toThrow(
      /no account/,
    )
    expect(studio.keys.list()).toEqual([])
  })
})

describe("scopes", () => {
  it("cover a tool by its family and effect; writing includes reading, * covers all", () => {
    const show = scopeOf({ name: "design_show", effect: "reads" })
    const edit = scopeOf({ name: "design_edit", effect: "writes" })
    expect([show, edit]).toEqual(["design:read", "design:write"])
    const table = [["design:read"], ["design:write"], ["design:*"], ["*"], ["export:*"], []].map((scopes) => [
      allows(scopes, show),
      allows(scopes, edit),
    ])
    expect(table).toEqual([
      [true, false],
      [true, true],
      [true, true],
      [true, true],
      [false, false],
      [false, false],
    ])
  })
})
