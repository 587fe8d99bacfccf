import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Browser, Page } from "playwright-core"
import sharp from "sharp"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createPages } from "#bots/web/pages.ts"
import { getFormat } from "#src/export/formats.ts"
import { hasBrowser, launch, listen } from "#tests/bots/web/browser.ts"
import { memoryArtifacts, PIXEL } from "#tests/bots/web/gallery.ts"
import { DIAMOND, EMERALD, GOLD, kernel, PLATINUM, ROSE, RUBY, SAPPHIRE, solitaire } from "#tests/export/solids.ts"

/** Set VIEWER_GALLERY=<folder> to keep large pictures of every view, for people to look at. */
const GALLERY = process.env["VIEWER_GALLERY"]
const FACTS = {
  Metal: "18k yellow gold, 3.9 g",
  Stone: "diamond, 1.02 ct",
  "Ring size": "US 7 (17.3 mm)",
  Triangles: "14,392",
}

describe.skipIf(!hasBrowser)("the viewer page in a browser", () => {
  let origin = ""
  let close = async () => {}
  let browser: Browser
  const complaints: string[] = []

  beforeAll(async () => {
    const store = memoryArtifacts(() => origin)
    const solids = await kernel()
    const models = {
      diamond: solitaire(solids),
      ruby: solitaire(solids, 6.5, ROSE, RUBY),
      ...(GALLERY ? more(solids) : {}),
    }
    for (const [id, model] of Object.entries(models)) {
      for (const format of await Promise.all(["glb", "stl", "3mf"].map(getFormat)))
        store.add(
          {
            id: format.id === "glb" ? id : `${id}-${format.id}`,
            name: `${model.name.replaceAll(" ", "-")}.${format.extension}`,
            mediaType: format.mediaType,
            use: "file",
            group: id,
            facts: FACTS,
          },
          // One of them compressed: the page decodes it without WebAssembly.
          await format.write(model, format.id === "glb" && id === "ruby" ? { compress: true } : {}),
        )
      store.add({ id: `${id}-png`, name: `${id}.png`, mediaType: "image/png", use: "preview", group: id }, PIXEL)
    }
    const pages = await createPages({ artifacts: store.artifacts })
    ;({ origin, close } = await listen((request) => pages(request) ?? store.file(request)))
    browser = await launch()
  }, 60_000)

  afterAll(async () => {
    await browser?.close()
    await close()
  })

  async function open(
    id: string,
    options: { width: number; height: number; dark?: boolean; from?: Browser },
  ): Promise<Page> {
    const { width, height, dark } = options
    const page = await (options.from ?? browser).newPage({
      viewport: { width, height },
      colorScheme: dark ? "dark" : "light",
      reducedMotion: "reduce",
    })
    page.setDefaultTimeout(60_000)
    complaints.length = 0
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text())
    })
    page.on("pageerror", (error) => complaints.push(error.message))
    await page.goto(`${origin}/view/${id}?e=1900000000&s=good`)
    await page.locator("[data-viewer][data-state]").waitFor()
    return page
  }

  it("shows a ring that is not a flat picture, turns it by keyboard, and breaks no rule of its own page", async () => {
    const page = await open("diamond", { width: 700, height: 420 })
    expect(await page.getAttribute("[data-viewer]", "data-state")).toBe("ready")
    await rest(page)
    const before = await page.locator("canvas").screenshot()
    const { channels } = await sharp(before).removeAlpha().stats()
    expect(Math.min(...channels.map((it) => it.stdev))).toBeGreaterThan(10)

    await page.focus("canvas")
    for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight")
    await rest(page)
    expect(await difference(before, await page.locator("canvas").screenshot())).toBeGreaterThan(2)
    expect(complaints).toEqual([])
    expect(await page.locator("[data-viewer]").getAttribute("data-stones")).toBe("1")
    await page.close()
  }, 90_000)

  it("reads a compressed model, offers every file and fits a phone", async () => {
    const page = await open("ruby", { width: 360, height: 480, dark: true })
    expect(await page.getAttribute("[data-viewer]", "data-state")).toBe("ready")
    const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
    expect(width[0]).toBe(width[1])
    expect(await page.locator("a.download .kind").allTextContents()).toEqual(["STL", "3MF", "GLB", "PNG"])
    expect(await page.getAttribute("canvas", "aria-label")).toContain("Arrow keys")
    expect(complaints).toEqual([])
    await page.close()
  }, 90_000)

  it("keeps the picture and says why where there is no WebGL", async () => {
    const old = await launch({ webgl: false })
    const page = await open("diamond", { width: 400, height: 400, from: old })
    expect(await page.getAttribute("[data-viewer]", "data-state")).toBe("picture")
    expect(await page.locator("[data-viewer-status]").textContent()).toContain("cannot show 3D")
    expect(await page.locator(".preview").isVisible()).toBe(true)
    expect(await page.locator("canvas").count()).toBe(0)
    await old.close()
  }, 60_000)

  it.runIf(GALLERY)(
    "keeps pictures of all views",
    async () => {
      mkdirSync(GALLERY ?? "", { recursive: true })
      const shots = [
        ["diamond", 1280, 860, false],
        ["diamond", 390, 844, false],
        ["ruby", 1280, 860, true],
        ["sapphire", 700, 700, false],
        ["emerald", 700, 700, true],
        ["plain", 700, 700, false],
      ] as const
      for (const [id, width, height, dark] of shots) {
        const page = await open(id, { width, height, dark })
        await page.focus("canvas")
        if (width === 700) await page.keyboard.press("c")
        await rest(page)
        await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
        await page.screenshot({
          path: join(GALLERY ?? "", `${id}-${width}${dark ? "-dark" : ""}.png`),
          fullPage: width < 500,
        })
        await page.close()
      }
      const refused = await browser.newPage({ viewport: { width: 1100, height: 900 } })
      await refused.goto(`${origin}/view/diamond?s=old`)
      await refused.screenshot({ path: join(GALLERY ?? "", "expired.png") })
      await refused.close()
    },
    600_000,
  )
})

function more(solids: Awaited<ReturnType<typeof kernel>>) {
  return {
    sapphire: solitaire(solids, 6.5, PLATINUM, SAPPHIRE),
    emerald: solitaire(solids, 6.5, { ...GOLD }, EMERALD),
    plain: solitaire(solids, 6.5, GOLD, DIAMOND),
  }
}

/** Until the view has been drawn again and rests. */
async function rest(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.querySelector<HTMLElement>("canvas")?.dataset["rest"] === "yes",
    undefined,
    { polling: 100 },
  )
}

/** Mean difference per channel, 0…255. */
async function difference(a: Buffer, b: Buffer): Promise<number> {
  const [one, two] = await Promise.all([a, b].map((png) => sharp(png).removeAlpha().raw().toBuffer()))
  if (!one || !two || one.length !== two.length) throw new Error("two pictures of different size")
  let sum = 0
  for (let i = 0; i < one.length; i++) sum += Math.abs((one[i] ?? 0) - (two[i] ?? 0))
  return sum / one.length
}
