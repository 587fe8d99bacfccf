import type { JobCard } from "../api/types.ts"
import { fileLink } from "./blocks.ts"
import { isOpen } from "./follow.ts"
import { byId, fill, h } from "./h.ts"
import { call } from "./request.ts"
import type { Store } from "./store.ts"
import { aboutSeconds, ago } from "./words.ts"

/** "waiting, 2nd in line", "cutting the seat · 40 % · about 12 s left". */
export function jobWords(job: JobCard): string {
  const eta = job.etaS === undefined ? undefined : `${aboutSeconds(job.etaS)} left`
  if (job.state === "waiting")
    return [job.position === undefined ? "waiting" : `waiting, number ${job.position} in line`, eta]
      .filter(Boolean)
      .join(" · ")
  if (job.state === "running") {
    const { text = "at work", fraction } = job.progress ?? {}
    return [text, fraction !== undefined && `${Math.round(fraction * 100)} %`, eta].filter(Boolean).join(" · ")
  }
  if (job.state === "failed") return job.error ? `${job.error.problem} ${job.error.hint}` : "failed"
  return job.state === "done" ? `done ${ago(job.endedAt ?? job.createdAt)}` : "cancelled"
}

/** A job as it goes on, with a button to cancel it. */
export function jobCard(job: JobCard): HTMLElement {
  const open = isOpen(job.state)
  const card = h(
    "div",
    { class: `job ${job.state}` },
    h("p", { class: "job-title" }, job.title),
    h("p", { class: "job-state" }, jobWords(job)),
  )
  if (open) {
    const fraction = job.state === "running" ? job.progress?.fraction : 0
    card.append(h("progress", { max: 1, value: fraction, "aria-label": `Progress of ${job.title}` }))
    const cancel = h("button", { type: "button", class: "plain", "aria-label": `Cancel ${job.title}` }, "Cancel")
    cancel.addEventListener("click", () => {
      cancel.disabled = true
      call({ tool: "job_cancel", input: { job_id: job.id } }).catch((error: unknown) => {
        cancel.disabled = false
        cancel.after(h("span", { class: "note error", role: "alert" }, error instanceof Error ? error.message : ""))
      })
    })
    card.append(cancel)
  }
  return card
}

/** The list of what is and was at work, kept up to date card by card. */
export function startJobs(store: Store): void {
  const list = byId("job-list")
  const badge = byId("job-count")
  let drawn = new Map<string, { job: JobCard; element: HTMLElement }>()
  store.watch(["jobs"], ({ jobs }) => {
    const next = new Map<string, { job: JobCard; element: HTMLElement }>()
    for (const job of jobs) {
      const before = drawn.get(job.id)
      next.set(job.id, before?.job === job ? before : { job, element: h("li", {}, jobCard(job), made(job)) })
    }
    // Whoever stands on a button keeps it: only cards that changed are exchanged.
    const focused = document.activeElement?.closest("#job-list li")
    const index = focused ? [...list.children].indexOf(focused) : -1
    const same = next.size === drawn.size && [...next.keys()].every((id, at) => [...drawn.keys()][at] === id)
    if (same)
      for (const [id, { element }] of next) {
        const before = drawn.get(id)?.element
        if (before !== element) before?.replaceWith(element)
      }
    else fill(list, ...[...next.values()].map((it) => it.element))
    drawn = next
    if (index >= 0 && document.activeElement === document.body)
      list.children[Math.min(index, list.children.length - 1)]?.querySelector<HTMLElement>("button, a")?.focus()
    byId("no-jobs").hidden = jobs.length > 0
    const open = jobs.filter((job) => isOpen(job.state)).length
    badge.textContent = open > 0 ? String(open) : ""
    badge.hidden = open === 0
  })
}

function made(job: JobCard): HTMLElement | false {
  return (
    job.files.length > 0 &&
    h(
      "details",
      {},
      h("summary", {}, `${job.files.length} files`),
      h(
        "div",
        { class: "downloads" },
        job.files.slice(0, 30).map((file) => fileLink(file)),
      ),
    )
  )
}

/** The card that stands in an answer: it goes on as the job does. */
export function liveJob(
  store: Store,
  jobId: string,
  title: string,
  text: string,
  fraction: number | undefined,
): HTMLElement {
  const holder = h("div", { class: "job-in-answer" })
  let drawn: JobCard | undefined
  let wasShown = false
  let stop = () => {}
  const draw = () => {
    // An answer that was drawn again, or is of another conversation, needs no news.
    if (wasShown && !holder.isConnected) stop()
    wasShown ||= holder.isConnected
    const job = store.get().jobs.find((it) => it.id === jobId)
    if (job && job === drawn) return
    drawn = job
    const shown = job
      ? jobCard(job)
      : h(
          "div",
          { class: "job" },
          h("p", { class: "job-title" }, title),
          h("p", { class: "job-state" }, text),
          fraction !== undefined && h("progress", { max: 1, value: fraction, "aria-label": title }),
        )
    fill(holder, shown)
  }
  stop = store.watch(["jobs"], draw)
  return holder
}

/** The list with this job in its place: open ones first, newest first among them. */
export function withJob(jobs: readonly JobCard[], job: JobCard): JobCard[] {
  const rest = jobs.filter((it) => it.id !== job.id)
  const order = (it: JobCard) => (isOpen(it.state) ? 0 : 1)
  return [job, ...rest].sort((a, b) => order(a) - order(b) || b.createdAt - a.createdAt).slice(0, 50)
}
