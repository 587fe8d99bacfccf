import type { QuotaLine } from "../api/types.ts"
import { byId, fill, h } from "./h.ts"
import type { Store } from "./store.ts"

const NAMES: Record<string, string> = {
  jobs: "Jobs",
  cpu_seconds: "Computing time",
  gpu_seconds: "Graphics card time",
  llm_tokens: "Tokens of language models",
  storage_bytes: "Storage",
  credits: "Credits",
}
const WINDOWS: Record<QuotaLine["window"], string> = {
  hour: "this hour",
  day: "today",
  week: "this week",
  month: "this month",
  total: "in all",
}

/** What is used of each allowance. */
export function startQuota(store: Store): void {
  store.watch(["quota"], ({ quota }) => {
    // What has no limit and was not used says nothing.
    const told = quota.filter((it) => it.limit !== null || it.used + it.held > 0)
    fill(byId("quota"), ...told.slice(0, 20).map(line))
    byId("quota-part").hidden = told.length === 0
  })
}

function line(it: QuotaLine): HTMLElement {
  const used = it.used + it.held
  const words = it.unit.replaceAll("_", " ")
  const name = NAMES[it.unit] ?? words.slice(0, 1).toUpperCase() + words.slice(1)
  const amount =
    it.limit === null ? `${inUnit(used, it.unit)} used` : `${inUnit(used, it.unit)} of ${inUnit(it.limit, it.unit)}`
  const label = `${name} ${WINDOWS[it.window]}`
  return h(
    "li",
    { title: it.source },
    h("span", {}, label),
    h("span", { class: "size" }, amount),
    it.limit !== null &&
      h("meter", {
        min: 0,
        max: Math.max(1, it.limit),
        value: Math.min(used, it.limit),
        high: it.limit * 0.85,
        "aria-label": label,
      }),
    it.resetsAt !== undefined &&
      used > 0 &&
      h(
        "span",
        { class: "resets" },
        `starts again ${new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" }).format(it.resetsAt)}`,
      ),
  )
}

function inUnit(amount: number, unit: string): string {
  if (unit.includes("bytes"))
    return amount < 1e9 ? `${(amount / 1e6).toFixed(amount < 1e8 ? 1 : 0)} MB` : `${(amount / 1e9).toFixed(1)} GB`
  if (unit.includes("seconds"))
    return amount < 600 ? `${Math.round(amount)} s` : `${new Intl.NumberFormat().format(Math.round(amount / 60))} min`
  return new Intl.NumberFormat().format(Math.round(amount))
}
