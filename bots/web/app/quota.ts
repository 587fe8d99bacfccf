import type { QuotaLine } from "../api/types.ts"
import { byId, fill, h } from "./h.ts"
import type { Store } from "./store.ts"

const NAMES: Record<string, string> = {
  jobs: "Jobs",
  gpu_seconds: "Seconds of work",
  storage_bytes: "Storage",
  tokens: "Words of models",
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
    fill(byId("quota"), ...quota.slice(0, 20).map(line))
    byId("quota-part").hidden = quota.length === 0
  })
}

function line(it: QuotaLine): HTMLElement {
  const used = it.used + it.held
  const name = NAMES[it.unit] ?? it.unit.replaceAll("_", " ")
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
  if (unit.includes("bytes")) return `${(amount / 1e6).toFixed(amount < 1e8 ? 1 : 0)} MB`
  if (unit.includes("mb")) return `${amount} MB`
  return new Intl.NumberFormat().format(Math.round(amount))
}
