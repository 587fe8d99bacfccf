import { readFile } from "node:fs/promises"
import { gzipSync } from "node:zlib"
import { expect, it } from "vitest"
import { buildApp } from "#bots/web/app/build.ts"
import { respondApp } from "#bots/web/app-page.ts"
import { loadAssets } from "#bots/web/assets.ts"

/** Compressed bytes of everything but the 3D part. */
const MOST_BYTES = 40_000

it("the committed bundle is what the source builds to, and free of what a strict page forbids", async () => {
  const built = await buildApp()
  for (const [name, text] of Object.entries(built)) {
    const committed = await readFile(new URL(`../../../../bots/web/app/dist/${name}`, import.meta.url), "utf8")
    expect(committed === text, `dist/${name} is out of date: run npm run build:app`).toBe(true)
  }
  expect(built["app.js"]).not.toMatch(/\beval\(|new Function\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write/)
  expect(`${built["app.js"]}${built["app.css"]}`).not.toMatch(/https?:\/\/(?!www\.w3\.org)/)
})

it("the first page needs less than 40 KB compressed, without the 3D part, and all of it from here", async () => {
  const assets = await loadAssets()
  const response = respondApp(new Request("http://127.0.0.1/"), assets)
  const page = await response.text()
  const addresses = [...page.matchAll(/(?:src|href)="(assets\/(?!licenses)[^"]+)"/g)].map((it) => it[1] ?? "")
  expect(addresses.map((it) => it.split("?")[0])).toEqual(["assets/page.css", "assets/app.css", "assets/app.js"])
  let bytes = gzipSync(page).byteLength
  for (const address of addresses) {
    const served = assets.serve(new Request(`http://127.0.0.1/${address}`), address.split(/[/?]/)[1] ?? "")
    bytes += gzipSync(new Uint8Array((await served?.arrayBuffer()) ?? new ArrayBuffer())).byteLength
  }
  expect(bytes).toBeLessThan(MOST_BYTES)
  expect(response.headers.get("content-security-policy")).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; " +
      "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  )
  expect(page).not.toMatch(/<script>|<script [^>]*>[^<]|style=|\son\w+=/)
})
