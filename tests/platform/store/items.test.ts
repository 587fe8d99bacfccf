import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { z } from "zod"
import { UserError } from "#src/errors.ts"
import type { Item } from "#src/studio.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"

let studio: TestStudio
beforeEach(async () => {
  studio = await testStudio()
})
afterEach(() => studio.close())

const ring = (data: unknown = { size: 0 }): Item => {
  const { items } = studio.services
  const projectId = items.currentProject("local").id
  return items.create({ accountId: "local", projectId, kind: "design", name: "Ring", data, note: "made" }).item
}

describe("projects", () => {
  it("makes one on first use and takes the one used last as the current one", () => {
    const { items } = studio.services
    const first = items.currentProject("local")
    expect(items.currentProject("local")).toEqual(first)
    const second = items.createProject("local", "  Wedding\u0007\n 2027 ")
    expect(second.name).toBe("Wedding 2027")
    expect(items.currentProject("local").id).toBe(second.id)
    items.create({ accountId: "local", projectId: first.id, kind: "design", name: "x", data: 1, note: "" })
    expect(items.currentProject("local").id).toBe(first.id)
    expect(items.listProjects("local").map((project) => project.id)).toEqual([first.id, second.id])
  })

  it("keeps the projects of other accounts out of sight", () => {
    const { items } = studio.services
    const other = studio.accounts.forIdentity({ platform: "slack", tenant: "T1", externalId: "U1" }, "Ada")
    const theirs = items.createProject(other.id, "Secret")
    expect(items.getProject("local", theirs.id)).toBeUndefined()
    expect(() =>
      items.create({ accountId: "local", projectId: theirs.id, kind: "design", name: "x", data: 1, note: "" }),
    ).toThrow(/no project/)
  })

  it("refuses names that are empty or too long, saying how long they may be", () => {
    for (const name of ["", "   ", "x".repeat(121)])
      expect(() => studio.services.items.createProject("local", name)).toThrow(/1 to 120 characters/)
  })
})

describe("items", () => {
  it("appends a revision per edit and lists the most recently changed first", () => {
    const { items } = studio.services
    const [a, b] = [ring(), ring()]
    studio.clock.advance(1_000)
    const edited = items.revise("local", a.id, { expectedHead: 1, data: { size: 7 }, note: "US 7" })
    expect(edited.item).toMatchObject({ head: 2, updatedAt: studio.clock.now(), createdAt: a.createdAt })
    expect(edited.revision).toMatchObject({ number: 2, parent: 1, data: { size: 7 }, note: "US 7" })
    expect(items.list("local").map((item) => item.id)).toEqual([a.id, b.id])
    expect(items.list("local", { kind: "board" })).toEqual([])
    expect(items.revisions(a.id).map((revision) => revision.number)).toEqual([2, 1])
  })

  it("refuses an edit made on an older revision as a conflict and changes nothing", () => {
    const { items } = studio.services
    const { id } = ring()
    items.revise("local", id, { expectedHead: 1, data: 2, note: "first" })
    const late = () => items.revise("local", id, { expectedHead: 1, data: 3, note: "second" })
    expect(late).toThrow(expect.objectContaining({ code: "conflict" }))
    expect(late).toThrow(/at revision 2.*on revision 1/)
    expect(items.revisions(id)).toHaveLength(2)
  })

  it("hides the items of others and says not_found when they are changed", () => {
    const { items } = studio.services
    const { id } = ring()
    expect(items.get("acc_other", id)).toBeUndefined()
    for (const act of [
      () => items.undo("acc_other", id),
      () => items.redo("acc_other", id),
      () => items.revise("acc_other", id, { expectedHead: 1, data: 1, note: "" }),
    ])
      expect(act).toThrow(expect.objectContaining({ code: "not_found" }))
  })

  it("gives an item another name without another revision, to its owner only", () => {
    const { items } = studio.services
    const { id, head } = ring()
    expect(items.rename("local", id, "  Ring\nfor Anna ")).toMatchObject({ name: "Ring for Anna", head })
    expect(items.rename("local", id, " ").name).toBe("Ring for Anna")
    expect(() => items.rename("acc_other", id, "Mine")).toThrow(expect.objectContaining({ code: "not_found" }))
    expect(items.get("local", id)?.name).toBe("Ring for Anna")
  })

  it("redoes into the newest branch after undo and another edit", () => {
    const { items } = studio.services
    const { id } = ring()
    items.revise("local", id, { expectedHead: 1, data: "old branch", note: "" })
    items.undo("local", id)
    items.revise("local", id, { expectedHead: 1, data: "new branch", note: "" })
    items.undo("local", id)
    expect(items.redo("local", id).revision).toMatchObject({ number: 3, data: "new branch" })
    expect(items.revision(id, 2)?.data).toBe("old branch")
    expect(() => items.redo("local", id)).toThrow(/nothing to redo/)
  })

  it("refuses more than 4 MB of data in one revision", () => {
    expect(() => ring("x".repeat(4 * 1024 * 1024))).toThrow(/At most 4 MB/)
  })

  it("follows a plain tree model under any sequence of edits, undos and redos", () => {
    const { items } = studio.services
    const step = fc.oneof(
      fc.record({ do: fc.constant("edit" as const), data: fc.jsonValue() }),
      fc.record({ do: fc.constant("stale edit" as const) }),
      fc.record({ do: fc.constantFrom("undo" as const, "redo" as const) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const model = { nodes: [{ parent: 0, data: "start" as unknown }], head: 1 }
        const { id } = ring("start")
        for (const it of steps) {
          const before = items.get("local", id)
          const parent = model.nodes[model.head - 1]?.parent ?? 0
          const child = model.nodes.findLastIndex((node) => node.parent === model.head) + 1
          if (it.do === "edit") {
            items.revise("local", id, { expectedHead: model.head, data: it.data, note: "" })
            model.nodes.push({ parent: model.head, data: it.data })
            model.head = model.nodes.length
          } else if (it.do === "undo" && parent > 0) {
            items.undo("local", id)
            model.head = parent
          } else if (it.do === "redo" && child > 0) {
            items.redo("local", id)
            model.head = child
          } else {
            const refused =
              it.do === "stale edit"
                ? () => items.revise("local", id, { expectedHead: model.head + 1, data: 0, note: "" })
                : () => items[it.do]("local", id)
            expect(refused).toThrow(UserError)
            expect(items.get("local", id)).toEqual(before)
          }
        }
        expect(items.get("local", id)?.head).toBe(model.head)
        const stored = items.revisions(id).reverse()
        expect(stored.map((revision) => ({ parent: revision.parent ?? 0, data: revision.data }))).toEqual(
          model.nodes.map((node) => ({ ...node, data: JSON.parse(JSON.stringify(node.data)) as unknown })),
        )
      }),
      { numRuns: 40 },
    )
  })
})

describe("the database itself", () => {
  it("refuses to change or delete a revision, and lets it go with its item", () => {
    const { id } = ring()
    studio.services.items.revise("local", id, { expectedHead: 1, data: 2, note: "" })
    const { db } = studio
    expect(() => db.run("UPDATE item_revision SET note = 'x'")).toThrow(/append-only/)
    expect(() => db.run("DELETE FROM item_revision WHERE item_id = :id", { id })).toThrow(/append-only/)
    expect(db.run("DELETE FROM item WHERE id = :id", { id })).toBe(1)
    expect(studio.services.items.revisions(id)).toEqual([])
  })

  it("says storage_full when it cannot grow, and goes on once there is room", () => {
    const { items } = studio.services
    const { id } = ring()
    const pages = studio.db.get(z.object({ page_count: z.number() }), "PRAGMA page_count")
    studio.db.get(z.unknown(), `PRAGMA max_page_count = ${pages?.page_count}`)
    const big = "x".repeat(200_000)
    const head = () => items.get("local", id)?.head ?? 0
    expect(() => items.revise("local", id, { expectedHead: 1, data: big, note: "" })).toThrow(
      expect.objectContaining({ code: "storage_full" }),
    )
    expect(head()).toBe(1)
    studio.db.get(z.unknown(), "PRAGMA max_page_count = 100000")
    items.revise("local", id, { expectedHead: 1, data: big, note: "" })
    expect(head()).toBe(2)
  })
})
