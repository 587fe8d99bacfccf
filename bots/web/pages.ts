import type { Artifact } from "#src/studio.ts"
import { respondApp } from "./app-page.ts"
import { artifactPage } from "./artifact-page.ts"
import { type Assets, loadAssets } from "./assets.ts"
import { html } from "./html.ts"
import { type Page, respond } from "./layout.ts"

/** What the pages need of the artifact store. */
export interface PageArtifacts {
  /** Checks the signature of a /view/<id> address and finds what it names. */
  open(url: URL): { state: "ok"; artifact: Artifact } | { state: "expired" | "invalid" | "absent" }
  group(accountId: string, group: string): Artifact[]
  /** Address of a file, allowed as long as the page's own address is. */
  fileUrlOnPage(page: URL, artifact: Artifact): string
}

export interface PagesParts {
  artifacts: PageArtifacts
}

/** The studio's web pages: answers GET and HEAD of /, /view/<id> and /assets/<name>, and undefined for everything else. */
export async function createPages(parts: PagesParts): Promise<(request: Request) => Response | undefined> {
  const assets = await loadAssets()
  return (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") return undefined
    const { pathname } = new URL(request.url)
    const [, kind, name, more] = pathname.split("/")
    if (pathname === "/") return respondApp(request, assets)
    if (more !== undefined || name === undefined) return undefined
    if (kind === "assets") return assets.serve(request, name) ?? respond(request, REFUSALS.absent, assets)
    return kind === "view" ? viewArtifact(request, parts.artifacts, assets) : undefined
  }
}

function viewArtifact(request: Request, artifacts: PageArtifacts, assets: Assets): Response {
  const url = new URL(request.url)
  const opened = artifacts.open(url)
  if (opened.state !== "ok") return respond(request, REFUSALS[opened.state], assets)
  const { artifact } = opened
  const made = artifact.group === undefined ? [] : artifacts.group(artifact.accountId, artifact.group)
  const group = made.some((it) => it.id === artifact.id) ? made : [artifact, ...made]
  const expiry = Number(url.searchParams.get("e"))
  return respond(
    request,
    artifactPage({
      artifact,
      group,
      fileUrl: (it, download) => onThisServer(artifacts.fileUrlOnPage(url, it), download),
      ...(expiry > 0 && expiry < 1e11 ? { expiresAt: expiry * 1000 } : {}),
    }),
    assets,
  )
}

/** Without the host: the page may have been reached under another name of this machine, and loads from its own only. */
function onThisServer(address: string, download: boolean): string {
  const url = new URL(address)
  if (download) url.searchParams.set("download", "1")
  return url.pathname + url.search
}

const REFUSALS: Record<"expired" | "invalid" | "absent", Page> = {
  expired: refusal(
    403,
    "This link has expired",
    "Links to results work for a limited time. Ask the studio for a new one, for example by “show me the ring again”.",
  ),
  invalid: refusal(
    403,
    "This link does not open anything",
    "It is incomplete or was changed on the way. Copy it again, whole, or ask the studio for a new one.",
  ),
  absent: refusal(
    404,
    "There is nothing here any more",
    "The file was cleaned up after a while without use, or never existed. Its recipe is kept: ask the studio to make it again.",
  ),
}

function refusal(status: number, title: string, advice: string): Page {
  return {
    status,
    title,
    description: advice,
    toRoot: "../",
    body: html`<div class="refusal">
      <p class="code">${status}</p>
      <h1>${title}</h1>
      <p>${advice}</p>
    </div>`,
  }
}
