import type { ItemDetail, JobCard } from "../api/types.ts"
import { announce } from "./announce.ts"
import { fileLink } from "./blocks.ts"
import { isOpen } from "./follow.ts"
import { byId, elementById, fill, h, setAttribute } from "./h.ts"
import { jobWords } from "./jobs.ts"
import type { Known, Store } from "./store.ts"
import { createThreeD, isVisible } from "./three-d.ts"

export interface Stage {
  /** The part of the page became visible: what was put off is loaded now. */
  revealed(): void
}

/** The piece as it is now: 3D view over its picture, facts and files below. */
export function createStage(store: Store): Stage {
  const frame = byId("scene")
  const image = elementById("picture", HTMLImageElement)
  const status = byId("stage-status")
  const wants3d = byId("view-3d")
  const wantsPicture = byId("view-picture")
  const threeD = createThreeD(frame, () => say("The graphics driver stopped. Choose “3D” to try again."))
  /** What the 3D view shows, or tries to. */
  let model: { id: string; itemId: string } | undefined
  let as: "3d" | "picture" = "3d"

  const say = (text: string) => {
    if (status.textContent !== text) status.textContent = text
  }

  function choose(view: "3d" | "picture"): void {
    as = view
    if (view === "3d" && frame.dataset["state"] === "failed") model = undefined
    draw(store.get())
  }
  wants3d.addEventListener("click", () => choose("3d"))
  wantsPicture.addEventListener("click", () => choose("picture"))

  function draw({ detail, shown }: Pick<Known, "detail" | "shown">): void {
    // What comes next is on its way: what is there stays until then.
    setAttribute(byId("stage-full"), "aria-busy", !detail && shown ? "true" : undefined)
    if (!detail && shown && !byId("stage-full").hidden) return
    byId("stage-empty").hidden = detail !== undefined
    byId("stage-full").hidden = detail === undefined
    if (!detail) {
      threeD.clear()
      model = undefined
      delete frame.dataset["state"]
      return
    }
    byId("stage-title").textContent = detail.item.name
    byId("stage-words").textContent = detail.description.startsWith(detail.item.name) ? "" : detail.description
    drawPicture(detail)
    frame.dataset["as"] = as
    setAttribute(wants3d, "aria-pressed", String(as === "3d"))
    setAttribute(wantsPicture, "aria-pressed", String(as === "picture"))
    byId("views-of-stage").hidden = !detail.model || !detail.picture
    drawFacts(detail)
    if (as === "3d") void drawModel(detail)
  }

  function drawPicture({ picture, item }: ItemDetail): void {
    image.hidden = !picture
    if (!picture) return
    if (image.dataset["id"] !== picture.id) image.src = picture.url
    image.dataset["id"] = picture.id
    image.alt = picture.facts["Title"] ?? item.name
  }

  async function drawModel(detail: ItemDetail): Promise<void> {
    const next = detail.model
    if (!next) {
      if (model && model.itemId !== detail.item.id) forget()
      return
    }
    if (model?.id === next.id || !isVisible()) return
    const keepView = model?.itemId === detail.item.id && frame.dataset["state"] === "ready"
    const mine = (model = { id: next.id, itemId: detail.item.id })
    if (!keepView) {
      frame.dataset["state"] = "loading"
      say("Loading the 3D view …")
    }
    try {
      await threeD.show(next.url, detail.item.name, { keepView })
      if (mine !== model) return
      frame.dataset["state"] = "ready"
      frame.dataset["model"] = next.id
      say("")
    } catch (error) {
      if (mine !== model) return
      forget()
      model = mine // not again and again
      frame.dataset["state"] = "failed"
      const reason = error instanceof Error ? error.message : "unknown"
      say(`The 3D view could not be shown (${reason}). The picture and the files work as they are.`)
    }
  }

  function forget(): void {
    threeD.clear()
    model = undefined
    delete frame.dataset["state"]
  }

  let heard = ""
  store.watch(["detail", "shown"], ({ detail, shown }) => {
    draw({ detail, shown })
    if (!detail && shown) return
    const now = detail ? `${detail.item.name}, revision ${detail.revision.number}: ${detail.revision.note}` : ""
    if (now !== heard && heard !== "") announce(now)
    heard = now
  })
  store.watch(["detail", "jobs"], ({ detail, jobs }) => drawBuilding(detail, jobs))
  return { revealed: () => draw(store.get()) }
}

/** A chip over the view while the shown revision is being built. */
function drawBuilding(detail: ItemDetail | undefined, jobs: readonly JobCard[]): void {
  const chip = byId("building")
  const mine = detail && jobs.filter((it) => it.group === detail.group)
  const job = mine?.find((it) => isOpen(it.state))
  const failed = detail?.files.length === 0 && !job ? mine?.find((it) => it.state === "failed") : undefined
  chip.hidden = !job && !failed
  chip.classList.toggle("failed", failed !== undefined)
  if (job) {
    const { fraction } = job.progress ?? {}
    fill(chip, h("span", {}, jobWords(job)), h("progress", { max: 1, value: fraction, "aria-label": "Building" }))
  } else if (failed)
    fill(chip, h("span", {}, `${failed.error?.problem ?? "Building failed."} ${failed.error?.hint ?? ""}`))
}

/** What belongs to the revision before stays, paler, until there is something of this one. */
function drawFacts({ files, model, picture, item }: ItemDetail): void {
  const parts = [byId("facts"), byId("downloads")]
  const stale = files.length === 0 && parts[1]?.dataset["item"] === item.id
  for (const part of parts) {
    part.classList.toggle("stale", stale)
    part.dataset["item"] = item.id
  }
  if (stale) return
  const { Title: _title, ...facts } = { ...picture?.facts, ...model?.facts }
  const rows = Object.entries(facts).slice(0, 40)
  fill(
    byId("facts"),
    rows.flatMap(([label, text]) => [h("div", {}, h("dt", {}, label), h("dd", {}, text))]),
  )
  fill(
    byId("downloads"),
    files.slice(0, 100).map((file) => h("li", {}, fileLink(file, usedFor(file.use)))),
  )
  byId("facts").hidden = rows.length === 0
  byId("downloads").hidden = files.length === 0
}

function usedFor(use: string): string {
  return use === "model" ? "3D model" : use === "preview" ? "Picture" : "File"
}
