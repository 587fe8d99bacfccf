import { afterAll, beforeAll, expect, test } from "vitest"
import type { CallAnswer, ItemCard, ItemDetail, ItemFields } from "#bots/web/api/types.ts"
import { describeRecipe, parametersOf, recipeSchema } from "#src/design/recipe.ts"
import type { Item } from "#src/studio.ts"
import { webRig, type Browser, type WebRig } from "#tests/bots/web/api/rig.ts"

let rig: WebRig
let browser: Browser
let ring: Item
const describe = (kind: string, data: unknown) => {
  const recipe = kind === "design" ? recipeSchema.parse(data) : undefined
  return Promise.resolve(recipe && { description: describeRecipe(recipe), parameters: parametersOf(recipe) })
}
beforeAll(async () => {
  rig = await webRig({ web: { describe } })
  browser = await rig.browser()
  const input = { metal: "14k_rose_gold", size: "7", size_system: "us", picture: "draft", wait_s: 0 }
  await call("design_create", input)
  const [found] = rig.studio.services.items.list("local")
  if (!found) throw new Error("no design was made")
  ring = found
})
afterAll(() => rig.close())

const call = async (tool: string, input: object, who = browser) => {
  const answer = await who.post("/api/call", { tool, input })
  return { status: answer.status, body: (await answer.json()) as CallAnswer & { error?: { code: string } } }
}
const detail = async (query = "") => (await (await browser.get(`/api/items/${ring.id}${query}`)).json()) as ItemDetail
const fields = async (who = browser) => (await (await who.get(`/api/items/${ring.id}/fields`)).json()) as ItemFields

test("the panel's controls come from the schema of the edit tool", async () => {
  const found = await fields()
  const by = Object.fromEntries(found.fields.map((field) => [field.name, field]))
  expect(by["band_width_mm"]).toEqual({
    name: "band_width_mm",
    kind: "number",
    title: "Band width",
    unit: "mm",
    min: 1,
    max: 15,
    integer: false,
    description: "Width of the band along the finger.",
  })
  expect(by["size"]).toMatchObject({ kind: "text", maxLength: 20, title: "Size" })
  expect(by["prongs"]).toMatchObject({
    kind: "enum",
    choices: [
      { value: 4, label: "4" },
      { value: 6, label: "6" },
    ],
  })
  expect(by["size_system"]).toMatchObject({
    kind: "enum",
    choices: expect.arrayContaining([{ value: "us", label: "US" }]),
  })
  expect(by["metal"]).toMatchObject({
    choices: expect.arrayContaining([{ value: "14k_rose_gold", label: "14k rose gold" }]),
  })
  expect(found.edit).toEqual({ tool: "design_edit", input: { design: ring.id, wait_s: 0 } })
  expect(found.undo?.input["operations"]).toEqual([{ op: "undo" }])
})

test("a change in the panel is a revision; undo and redo move between them, and the page is told", async () => {
  const stream = await browser.events()
  const { edit, undo, redo } = await fields()
  if (!edit || !undo || !redo) throw new Error("the panel cannot edit")
  const operations = [{ op: "set", band_width_mm: 3.2 }]
  const { body } = await call(edit.tool, { ...edit.input, operations, picture: "draft" })
  expect(body).toMatchObject({ kind: "reply", data: { revision: 2 } })
  expect(await stream.until((event) => event.kind === "item")).toMatchObject({ change: "revised", item: { head: 2 } })
  await stream.until((event) => event.kind === "job")
  await stream.close()

  expect(await detail()).toMatchObject({
    item: { id: ring.id, kind: "design", head: 2 },
    revision: { number: 2, parent: 1, note: "set band_width_mm" },
    history: [{ number: 2 }, { number: 1 }],
    canUndo: true,
    canRedo: false,
    description: expect.stringContaining("14k rose gold solitaire"),
    parameters: { band_width_mm: 3.2, metal: "14k_rose_gold" },
  })
  await call(undo.tool, undo.input)
  expect(await detail()).toMatchObject({ revision: { number: 1 }, canUndo: false, canRedo: true })
  await call(redo.tool, redo.input)
  expect(await detail("?revision=1")).toMatchObject({ item: { head: 2 }, revision: { number: 1 } })
  expect((await call(edit.tool, { ...edit.input, operations: [{ op: "set", band_width_mm: 99 }] })).status).toBe(400)
})

test("the files of the head revision come with it when its job is done, and the job says whose they are", async () => {
  const { group } = await detail()
  const stream = await browser.events()
  const { show } = await fields()
  if (!show) throw new Error("the panel cannot show")
  await call(show.tool, { ...show.input, picture: "draft" })
  const ended = await stream.until(
    (event) => event.kind === "job" && event.job.group === group && event.job.state === "done",
  )
  await stream.close()
  expect(ended).toMatchObject({ job: { files: expect.arrayContaining([expect.objectContaining({ use: "model" })]) } })
  const { model, picture, files } = await detail()
  expect(files.length).toBeGreaterThanOrEqual(2)
  expect(model?.facts["Title"]).toBeTruthy()
  for (const file of [model, picture]) {
    const bytes = await fetch(rig.url + file?.url)
    expect([bytes.status, bytes.headers.get("content-type")]).toEqual([200, file?.mediaType])
  }
  const [card] = (await (await browser.get("/api/items?kind=design")).json()) as ItemCard[]
  expect(card).toMatchObject({ id: ring.id, pictureUrl: picture?.url })
  expect(await (await browser.get("/api/items?kind=book")).json()).toEqual([])
}, 60_000)

test("a question of a tool is an answer with choices", async () => {
  const { status, body } = await call("design_create", { size: "12", wait_s: 0 })
  expect([status, body.kind]).toEqual([200, "question"])
  expect(body).toMatchObject({ field: "size_system", choices: expect.arrayContaining([expect.anything()]) })
})

test("calls are checked: unknown tools, admin tools, and roles that may not", async () => {
  expect((await call("no_such_tool", {})).status).toBe(404)
  const { accounts } = rig.studio
  const { id } = accounts.forIdentity({ platform: "test", tenant: "t", externalId: "viewer" }, "Viewer")
  accounts.setRole({ id: "local", surface: "cli" }, id, "*", "viewer")
  const viewer = await rig.browser(id)
  expect((await call("design_edit", { operations: [{ op: "undo" }] }, viewer)).body.error?.code).toBe("forbidden")
  expect((await viewer.upload("a.txt", "a")).status).toBe(403)
})

test("things of somebody else are not found, and cannot be edited or cancelled", async () => {
  const { id } = rig.studio.accounts.forIdentity({ platform: "test", tenant: "t", externalId: "other" }, "Other")
  const other = await rig.browser(id)
  expect((await other.get(`/api/items/${ring.id}`)).status).toBe(404)
  expect((await other.get(`/api/items/${ring.id}/fields`)).status).toBe(404)
  expect(await (await other.get("/api/items")).json()).toEqual([])
  expect(await (await other.get("/api/jobs")).json()).toEqual([])
  const edit = await call("design_edit", { design: ring.id, operations: [{ op: "undo" }] }, other)
  expect(edit.body.error?.code).toBe("not_found")
  const [job] = rig.studio.services.jobs.list("local")
  expect((await call("job_cancel", { job_id: job?.id }, other)).body.error?.code).toBe("not_found")
})
