import type { WebFile } from "../api/types.ts"
import { fill, h, icon } from "./h.ts"
import { refusal, unreachable } from "./request.ts"
import { isPicture, sizeInWords } from "./words.ts"

export interface Uploads {
  /** Returns how many found no room. */
  add(files: Iterable<File>): number
  /** Ids of what has arrived. */
  ids(): string[]
  /** Whether something is still on its way. */
  busy(): boolean
  clear(): void
}

interface Limits {
  maxFileBytes: number
  maxMessageFiles: number
}

/** Files that will go along with the next message: each with its name, progress, and a button that takes it away. */
export function createUploads(list: HTMLElement, limits: () => Limits | undefined, changed: () => void): Uploads {
  const kept = new Map<HTMLElement, { stop(): void; id: string | undefined; failed: boolean }>()

  function add(file: File): void {
    const bar = h("progress", { max: 1, value: 0, "aria-label": `Upload of ${file.name}` })
    const state = h("span", { class: "size" }, sizeInWords(file.size))
    const remove = h(
      "button",
      { type: "button", class: "plain round", "aria-label": `Remove ${file.name}` },
      icon(CROSS),
    )
    const name = h("span", { class: "name", title: file.name }, file.name)
    const look = h("span", { class: "look", hidden: true })
    const chip = h("li", { class: "chip" }, look, name, state, bar, remove)
    const entry = { stop: () => undefined as void, id: undefined as string | undefined, failed: false }
    kept.set(chip, entry)
    remove.addEventListener("click", () => {
      entry.stop()
      kept.delete(chip)
      chip.remove()
      changed()
    })
    list.append(chip)
    const fail = (words: string) => {
      entry.failed = true
      bar.remove()
      state.textContent = words
      chip.classList.add("failed")
      changed()
    }
    const most = limits()?.maxFileBytes ?? Infinity
    if (file.size > most) return fail(`${sizeInWords(file.size)}; at most ${sizeInWords(most)} fit`)
    const upload = transfer(file, (share) => (bar.value = share))
    entry.stop = upload.stop
    upload.done.then(
      (stored) => {
        entry.id = stored.id
        bar.remove()
        chip.classList.add("done")
        // The name as the studio keeps it: without signs that turn letters round or leave the line.
        name.textContent = name.title = stored.name
        remove.setAttribute("aria-label", `Remove ${stored.name}`)
        if (isPicture(stored)) {
          fill(look, h("img", { src: stored.url, alt: "", decoding: "async" }))
          look.hidden = false
        }
        changed()
      },
      (error: unknown) => fail(error instanceof Error ? error.message : "not uploaded"),
    )
    changed()
  }

  return {
    add: (files) => {
      const most = limits()?.maxMessageFiles ?? 10
      let left = 0
      for (const file of files)
        if (kept.size < most) add(file)
        else left++
      return left
    },
    ids: () => [...kept.values()].flatMap((it) => it.id ?? []),
    busy: () => [...kept.values()].some((it) => it.id === undefined && !it.failed),
    clear: () => {
      for (const it of kept.values()) it.stop()
      kept.clear()
      list.replaceChildren()
      changed()
    },
  }
}

/** XMLHttpRequest, since fetch does not tell how much has gone up. */
function transfer(file: File, onProgress: (share: number) => void): { done: Promise<WebFile>; stop(): void } {
  const request = new XMLHttpRequest()
  const done = new Promise<WebFile>((resolve, reject) => {
    request.open("POST", `api/files?name=${encodeURIComponent(file.name)}`)
    request.setRequestHeader("x-atelier", "1")
    request.setRequestHeader("content-type", "application/octet-stream")
    request.upload.addEventListener("progress", (event) => onProgress(event.total > 0 ? event.loaded / event.total : 0))
    request.addEventListener("load", () => {
      if (request.status !== 201 && request.status !== 200) reject(refusal(request.status, request.responseText))
      else resolve(JSON.parse(request.responseText) as WebFile) // our own studio
    })
    request.addEventListener("error", () => reject(unreachable()))
    request.send(file)
  })
  return { done, stop: () => request.abort() }
}

const CROSS = "M5 5l10 10M15 5L5 15"
