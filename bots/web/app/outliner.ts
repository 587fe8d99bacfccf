import type { ItemCard, Project } from "../api/types.ts"
import type { Follower } from "./follow.ts"
import { byId, fill, h } from "./h.ts"
import { revisionList } from "./history.ts"
import type { Known, Store } from "./store.ts"
import { count } from "./words.ts"

/** Projects, what is in them, and the history of what is on the stage. */
export function startOutliner(store: Store, follower: Follower): void {
  const list = byId("outline")
  store.watch(["items", "studio", "shown", "detail"], (known) => {
    const keep = document.activeElement?.closest<HTMLElement>("[data-key]")?.dataset["key"]
    fill(list, ...projectsOf(known).map(({ project, items }) => projectPart(project, items, known, follower)))
    byId("no-items").hidden = known.items.length > 0
    if (keep !== undefined) list.querySelector<HTMLElement>(`[data-key="${CSS.escape(keep)}"] button`)?.focus()
  })
}

function projectsOf({ items, studio }: Known): { project: Project | undefined; items: ItemCard[] }[] {
  const groups = new Map<string, ItemCard[]>()
  for (const item of items) groups.set(item.projectId, [...(groups.get(item.projectId) ?? []), item])
  return [...groups].map(([id, its]) => ({ project: studio?.projects.find((it) => it.id === id), items: its }))
}

function projectPart(project: Project | undefined, items: ItemCard[], known: Known, follower: Follower): HTMLElement {
  return h(
    "section",
    {},
    h("h3", {}, project?.name ?? "Project"),
    h("ul", { class: "items" }, ...items.slice(0, 200).map((item) => itemLine(item, known, follower))),
  )
}

function itemLine(item: ItemCard, { shown, detail }: Known, follower: Follower): HTMLElement {
  const current = shown?.itemId === item.id
  const picture = item.pictureUrl
    ? h("img", { src: item.pictureUrl, alt: "", loading: "lazy", decoding: "async" })
    : h("span", { class: "no-picture", "aria-hidden": "true" })
  const button = h(
    "button",
    { type: "button", class: "item", "aria-current": current ? "true" : undefined },
    picture,
    h("span", { class: "item-name" }, item.name),
    h("span", { class: "when" }, `${item.kind}, ${count(item.head, "revision")}`),
  )
  button.addEventListener("click", () => follower.show(item.id))
  const revisions =
    current && detail?.item.id === item.id && detail.history.length > 1
      ? revisionList(detail, (number) => follower.show(item.id, number))
      : false
  return h("li", { "data-key": item.id }, button, revisions)
}

/** The list with this item first. */
export function withItem(items: readonly ItemCard[], item: ItemCard): ItemCard[] {
  const before = items.find((it) => it.id === item.id)
  const merged = before?.pictureUrl && !item.pictureUrl ? { ...item, pictureUrl: before.pictureUrl } : item
  return [merged, ...items.filter((it) => it.id !== item.id)]
}
