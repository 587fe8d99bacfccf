import type { Artifact } from "#src/studio.ts"
import { html, type Html } from "./html.ts"
import type { Page } from "./layout.ts"

export interface ArtifactView {
  /** What the link names. */
  artifact: Artifact
  /** Everything made together with it, itself included. */
  group: readonly Artifact[]
  /** Address of a file on this page. */
  fileUrl(artifact: Artifact, download: boolean): string
  /** When the link ends; milliseconds since the epoch. */
  expiresAt?: number
}

/** One result: the 3D view or the picture, what is known about it, and all its files. */
export function artifactPage(view: ArtifactView): Page {
  const { artifact, group } = view
  const picture = isPicture(artifact) ? artifact : group.find(isPicture)
  const model = isPicture(artifact) ? undefined : isModel(artifact) ? artifact : group.find(isModel)
  const { Title: title = titleOf(artifact), ...facts } = { ...picture?.facts, ...model?.facts, ...artifact.facts }
  return {
    title,
    description: describe(facts) || `${title}, made with Atelier.`,
    toRoot: "../",
    viewer: model !== undefined,
    body: html`<article class="result">
      <section class="stage-side" aria-label="${model ? "3D view" : "Picture"}">
        ${stage(view, title, model, picture)}
      </section>
      <div class="facts-side">
        <h1>${title}</h1>
        ${factsTable(facts)}
        <h2>Download</h2>
        <ul class="downloads">
          ${downloads(view)}
        </ul>
        ${view.expiresAt !== undefined && html`<p class="note">This link works until <time datetime="${new Date(view.expiresAt).toISOString()}">${inWords(view.expiresAt)}</time>. Whoever has it can open this page.</p>`}
      </div>
    </article>`,
  }
}

function stage(view: ArtifactView, title: string, model: Artifact | undefined, picture: Artifact | undefined): Html {
  const image = picture && html`<img class="preview" src="${view.fileUrl(picture, false)}" alt="${title}" />`
  if (model)
    return html`<div
        class="stage"
        data-viewer
        data-model="${view.fileUrl(model, false)}"
        data-name="${title}"
        data-turntable="on"
      >
        ${image}
      </div>
      <p class="status" role="status" data-viewer-status>
        ${picture ? "The 3D view needs JavaScript; this is the picture." : "The 3D view needs JavaScript."}
      </p>`
  if (image) return html`<div class="stage">${image}</div>`
  return html`<div class="stage empty">
    <p>This file has no picture. Download it to open it in a program of your own.</p>
  </div>`
}

function factsTable(facts: Record<string, string>): Html | undefined {
  const rows = Object.entries(facts).slice(0, 60)
  if (rows.length === 0) return undefined
  return html`<table class="facts">
    <caption class="hidden">
      Facts
    </caption>
    <tbody>
      ${rows.map(
        ([label, text]) =>
          html`<tr>
            <th scope="row">${label}</th>
            <td>${text}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

/** What people choose by, and the order in which they look. */
const KINDS: Record<string, { order: number; use: string }> = {
  stl: { order: 1, use: "for printing and casting" },
  "3mf": { order: 2, use: "for slicers, with colours" },
  glb: { order: 3, use: "3D model for viewers and the web" },
  png: { order: 5, use: "picture" },
  webp: { order: 6, use: "picture" },
  jpg: { order: 6, use: "picture" },
}
const OTHER = { order: 4, use: "file" }

function downloads(view: ArtifactView): Html[] {
  const kind = (it: Artifact) => KINDS[extension(it)] ?? OTHER
  return [...view.group]
    .sort((a, b) => kind(a).order - kind(b).order || a.name.localeCompare(b.name))
    .slice(0, 200)
    .map(
      (it) =>
        html`<li>
          <a class="download" href="${view.fileUrl(it, true)}" download="${it.name}"
            ><span class="kind">${extension(it).toUpperCase() || "File"}</span><span class="use">${kind(it).use}</span
            ><span class="size">${sizeInWords(it.bytes)}</span></a
          >
        </li>`,
    )
}

function isPicture(artifact: Artifact): boolean {
  return /^image\/(png|jpeg|webp|gif|avif)$/.test(artifact.mediaType)
}

function isModel(artifact: Artifact): boolean {
  return artifact.mediaType === "model/gltf-binary"
}

function extension(artifact: Artifact): string {
  return /\.([A-Za-z0-9]{1,8})$/.exec(artifact.name)?.[1]?.toLowerCase() ?? ""
}

/** For files whose maker gave no title: "rose-gold-solitaire.glb" → "Rose gold solitaire". */
function titleOf(artifact: Artifact): string {
  const words = artifact.name
    .replace(/\.[A-Za-z0-9]{1,8}$/, "")
    .replace(/[-_]+/g, " ")
    .trim()
  const [first = "", ...rest] = words || "Untitled"
  return first.toLocaleUpperCase("en") + rest.join("")
}

function describe(facts: Record<string, string>): string {
  return Object.entries(facts)
    .slice(0, 5)
    .map(([label, text]) => `${label}: ${text}`)
    .join(" · ")
    .slice(0, 300)
}

export function sizeInWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 999_500 ? `${Math.round(bytes / 1_000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

function inWords(time: number): string {
  return (
    new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" }).format(time) + " UTC"
  )
}
