import { readFile } from "node:fs/promises"
import { expect, it } from "vitest"
import { buildViewer } from "#bots/web/viewer/build.ts"

it("the committed bundle is what the source builds to, small and free of what a strict page forbids", async () => {
  const built = await buildViewer()
  for (const [name, text] of Object.entries(built)) {
    const committed = await readFile(new URL(`../../../../bots/web/viewer/dist/${name}`, import.meta.url), "utf8")
    expect(committed === text, `dist/${name} is out of date: run npm run build:viewer`).toBe(true)
  }
  const bundle = built["viewer.js"] ?? ""
  expect(Buffer.byteLength(bundle)).toBeLessThan(700_000)
  expect(bundle).not.toMatch(/\beval\(|new Function\(|WebAssembly\.instantiate|https?:\/\/(?:cdn|unpkg|esm)/)
  expect(built["LICENSES.txt"]).toMatch(/three\.js authors[\s\S]*Arseny Kapoulkine/)
})
