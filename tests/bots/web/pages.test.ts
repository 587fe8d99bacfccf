import { beforeAll, describe, expect, it } from "vitest"
import { createPages } from "#bots/web/pages.ts"
import { memoryArtifacts, PIXEL } from "#tests/bots/web/gallery.ts"

const ORIGIN = "http://127.0.0.1:7420"

let store: ReturnType<typeof memoryArtifacts>
let pages: Awaited<ReturnType<typeof createPages>>

beforeAll(async () => {
  store = memoryArtifacts(() => "https://outside.example/studio")
  const made = { group: "g", facts: { Metal: "14k rose gold, 3.1 g" } }
  store.add(
    { id: "m1", name: "rose-gold-solitaire.glb", mediaType: "model/gltf-binary", use: "model", ...made },
    new Uint8Array(303_664),
  )
  store.add(
    { id: "s1", name: "rose-gold-solitaire.stl", mediaType: "model/stl", use: "file", ...made },
    new Uint8Array(1_250_000),
  )
  store.add({ id: "p1", name: "rose-gold-solitaire.png", mediaType: "image/png", use: "preview", ...made }, PIXEL)
  store.add({ id: "x1", name: "notes.pdf", mediaType: "application/pdf", use: "file" }, new Uint8Array(10))
  store.add(
    {
      id: "evil",
      name: `"><script>alert(1)</script>.glb`,
      mediaType: "model/gltf-binary",
      use: "model",
      facts: { "<b>": "'\"&<img onerror=x>" },
    },
    new Uint8Array(10),
  )
  pages = await createPages({ artifacts: store.artifacts })
})

async function get(path: string, init: RequestInit = {}) {
  const response = pages(new Request(ORIGIN + path, init))
  if (!response) throw new Error(`no answer to ${path}`)
  return { response, text: await response.text() }
}

describe("the page of a result", () => {
  it("has the viewer, the facts, and a download of every file made with it, on the host it was asked on", async () => {
    const { response, text } = await get("/view/m1?e=1900000000&s=good")
    expect(response.status).toBe(200)
    expect(text).toContain("<h1>Rose gold solitaire</h1>")
    expect(text).toContain('data-model="/studio/files/m1/rose-gold-solitaire.glb?page=x&amp;s=good"')
    expect(text).toContain('href="/studio/files/s1/rose-gold-solitaire.stl?page=x&amp;s=good&amp;download=1"')
    expect(text).toMatch(/<th scope="row">Metal<\/th>\s*<td>14k rose gold, 3.1 g<\/td>/)
    expect(
      [...text.matchAll(/class="kind">(\w+)<.*?class="size">([^<]+)</gs)].map((it) => it.slice(1).join(" ")),
    ).toEqual(["STL 1.3 MB", "GLB 304 KB", "PNG 90 B"])
    expect(text).toContain('<time datetime="2030-03-17T17:46:40.000Z">17 March 2030 at 17:46 UTC</time>')
  })

  it("is headed by the title that its maker gave, and keeps that out of the table", async () => {
    store.add(
      {
        id: "t1",
        name: "ring-7-1.00-ct.glb",
        mediaType: "model/gltf-binary",
        use: "model",
        facts: { Title: "A ring, US 7" },
      },
      new Uint8Array(10),
    )
    const { text } = await get("/view/t1?s=good")
    expect(text).toContain("<h1>A ring, US 7</h1>")
    expect(text).toContain("<title>A ring, US 7 · Atelier</title>")
    expect(text).not.toContain(">Title<")
  })

  it("shows a picture as a picture, and a file without one as a download", async () => {
    const picture = await get("/view/p1?s=good")
    expect(picture.text).toContain('<img class="preview" src="/studio/files/p1/')
    expect(picture.text).not.toContain("data-viewer")
    expect((await get("/view/x1?s=good")).text).toContain("This file has no picture")
  })

  it("allows nothing but its own files: no inline script, no frame, no referrer", async () => {
    const { response, text } = await get("/view/m1?s=good")
    expect(response.headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    expect(response.headers.get("referrer-policy")).toBe("no-referrer")
    expect(text).not.toMatch(/<script>|<script [^>]*>[^<]|style=|\son\w+=/)
    expect(text).not.toMatch(/(src|href)="https?:/)
  })

  it("writes names and facts as text, whatever they contain", async () => {
    const { text } = await get("/view/evil?s=good")
    expect(text).not.toContain("<script>alert")
    expect(text).not.toContain("<img onerror")
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;")
    expect(text).toContain("&#39;&quot;&amp;&lt;img onerror=x&gt;")
  })

  it("says in plain words why a link does not open, and reveals nothing of what is behind it", async () => {
    const statusOf = async (path: string) => {
      const { response, text } = await get(path)
      return [response.status, /<h1>(.*?)<\/h1>/.exec(text)?.[1]]
    }
    expect(await statusOf("/view/m1?s=old")).toEqual([403, "This link has expired"])
    expect(await statusOf("/view/m1")).toEqual([403, "This link does not open anything"])
    expect(await statusOf("/view/gone?s=good")).toEqual([404, "There is nothing here any more"])
  })

  it("answers HEAD without a body, and leaves other methods and addresses to others", async () => {
    expect((await get("/view/m1?s=good", { method: "HEAD" })).text).toBe("")
    for (const path of ["/mcp", "/files/m1/a.glb", "/view", "/view/m1/extra"])
      expect(pages(new Request(ORIGIN + path))).toBeUndefined()
    expect(pages(new Request(`${ORIGIN}/`, { method: "POST" }))).toBeUndefined()
  })
})

describe("the static files", () => {
  it("are cached for ever under the address that the page uses, and checked under the plain one", async () => {
    const { text } = await get("/view/m1?s=good")
    const addresses = [...text.matchAll(/(?:href|src)="\.\.\/(assets\/[^"]+)"/g)].map((it) => it[1])
    expect(addresses.map((it) => it?.replace(/\?.*/, ""))).toEqual([
      "assets/page.css",
      "assets/viewer.js",
      "assets/licenses.txt",
    ])
    for (const address of addresses) {
      const { response } = await get(`/${address}`)
      expect(response.headers.get("cache-control")).toContain("immutable")
      const etag = response.headers.get("etag") ?? ""
      const again = await get(`/${address?.split("?")[0]}`, { headers: { "if-none-match": etag } })
      expect([again.response.status, again.response.headers.get("cache-control")]).toEqual([304, "no-cache"])
    }
    expect((await get("/assets/other.js")).response.status).toBe(404)
  })
})
