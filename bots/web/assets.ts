import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"

const FILES = {
  "viewer.js": { path: "viewer/dist/viewer.js", type: "text/javascript; charset=utf-8" },
  "licenses.txt": { path: "viewer/dist/LICENSES.txt", type: "text/plain; charset=utf-8" },
  "app.js": { path: "app/dist/app.js", type: "text/javascript; charset=utf-8" },
  "app.css": { path: "app/dist/app.css", type: "text/css; charset=utf-8" },
  "page.css": { path: "page.css", type: "text/css; charset=utf-8" },
} as const

export type AssetName = keyof typeof FILES

export interface Assets {
  /** Relative to the studio's root: the name with the hash of its content, so that it may be cached for ever. */
  address(name: AssetName): string
  /** Answers /assets/<name>; undefined for other names. */
  serve(request: Request, name: string): Response | undefined
}

/** Reads the static files of the pages once. */
export async function loadAssets(): Promise<Assets> {
  const names = Object.keys(FILES) as AssetName[] // the keys of a constant object
  const loaded = new Map(await Promise.all(names.map(async (name) => [name, await load(name)] as const)))
  return {
    address: (name) => `assets/${name}?v=${loaded.get(name)?.hash ?? ""}`,
    serve: (request, name) => {
      const asset = loaded.get(name as AssetName) // any other key finds nothing
      if (!asset) return undefined
      const etag = `"${asset.hash}"`
      const exact = new URL(request.url).searchParams.get("v") === asset.hash
      const headers = {
        "content-type": asset.type,
        "cache-control": exact ? "public, max-age=31536000, immutable" : "no-cache",
        etag,
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
      }
      const known = request.headers.get("if-none-match")?.split(",") ?? []
      if (known.some((tag) => tag.trim().replace(/^W\//, "") === etag))
        return new Response(null, { status: 304, headers })
      return new Response(request.method === "HEAD" ? null : asset.bytes, { headers })
    },
  }
}

async function load(name: AssetName) {
  const bytes = new Uint8Array(await readFile(new URL(FILES[name].path, import.meta.url)))
  return { bytes, type: FILES[name].type, hash: createHash("sha256").update(bytes).digest("hex").slice(0, 16) }
}
