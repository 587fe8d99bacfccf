import type { Assets } from "./assets.ts"
import { html, type Html } from "./html.ts"

/** Everything from this server, nothing inline; nobody may frame it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ")

export interface Page {
  title: string
  /** What a link preview says. */
  description: string
  body: Html
  /** The way from this page to the root: "" at the root, "../" one below. */
  toRoot: string
  status?: number
  /** Loads the 3D viewer. */
  viewer?: boolean
}

/** A page in the frame of all pages: header, content, footer. */
export function respond(request: Request, page: Page, assets: Assets): Response {
  return whole(request, render(page, assets), { status: page.status ?? 200 })
}

/** A whole HTML answer. Its address may be a key, so it is neither stored by others nor passed on as a referrer. */
export function whole(
  request: Request,
  text: string,
  options: { status: number; policy?: readonly string[] },
): Response {
  return new Response(request.method === "HEAD" ? null : text, {
    status: options.status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": [CONTENT_SECURITY_POLICY, ...(options.policy ?? [])].join("; "),
      "cache-control": "private, no-cache",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "cross-origin-opener-policy": "same-origin",
    },
  })
}

/** What every page says about itself before it begins; `more` are its own styles and scripts. */
export function documentHead(
  { title, description, toRoot }: Pick<Page, "title" | "description" | "toRoot">,
  assets: Assets,
  more: readonly Html[],
): Html {
  return html`<head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="robots" content="noindex" />
    <meta name="description" content="${description}" />
    <title>${title} · Atelier</title>
    <link rel="icon" href="${ICON}" />
    <link rel="stylesheet" href="${toRoot}${assets.address("page.css")}" />
    ${more}
  </head>`
}

function render(page: Page, assets: Assets): string {
  const { body, toRoot, viewer } = page
  const script = html`<script type="module" src="${toRoot}${assets.address("viewer.js")}"></script>`
  return html`<!doctype html>
    <html lang="en">
      ${documentHead(page, assets, viewer ? [script] : [])}
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header class="top"><a class="brand" href="${toRoot || "./"}">Atelier</a></header>
        <main id="content">${body}</main>
        <footer class="bottom">
          Made with Atelier.
          ${viewer && html`The viewer uses <a href="${toRoot}${assets.address("licenses.txt")}">open source software</a>.`}
        </footer>
      </body>
    </html> `.html
}

/** A cut stone from above. */
const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M9 5h14l7 8-14 15L2 13z" fill="#b98a3e"/><path d="M9 5l7 23 7-23M2 13h28" fill="none" stroke="#fff" stroke-width="1.4"/></svg>',
)}`
