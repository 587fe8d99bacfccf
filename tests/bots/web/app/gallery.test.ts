import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Page } from "playwright-core"
import sharp from "sharp"
import { it } from "vitest"
import type { JobCard, WebBlock } from "#bots/web/api/types.ts"
import { format } from "#src/export/formats/glb.ts"
import { openStudio } from "#tests/bots/web/app/browse.ts"
import { startFakeStudio, type Turn } from "#tests/bots/web/app/fake-studio.ts"
import { hasBrowser, launch } from "#tests/bots/web/browser.ts"
import { DIAMOND, kernel, PLATINUM, ROSE, RUBY, solitaire } from "#tests/export/solids.ts"

/** Set APP_GALLERY=<folder> to keep pictures of the studio in its main states, for people to look at. */
const GALLERY = process.env["APP_GALLERY"]

const RING = {
  size: "7",
  metal: "14k_rose_gold",
  stone: "diamond",
  prongs: 6,
  band_width_mm: 2.2,
  band_thickness_mm: 1.8,
}
const MADE: WebBlock[] = [
  { kind: "heading", text: "Rose gold solitaire" },
  {
    kind: "text",
    text: "Made a **14k rose gold solitaire**, US 7, with a 1.00 ct round diamond. It can be cast as it is.",
  },
  {
    kind: "table",
    columns: ["Part", "Size", "Mass"],
    rows: [
      ["Band", "2.2 × 1.8 mm", "2.6 g"],
      ["Head", "six prongs, 1.0 mm", "0.5 g"],
      ["Stone", "6.43 mm", "1.00 ct"],
    ],
  },
  { kind: "button", id: "platinum", label: "Same in platinum", tone: "plain" },
  { kind: "button", id: "wider", label: "A wider band", tone: "plain" },
  { kind: "note", tone: "info", text: "Command mode. Chosen by default: band profile, finish, prongs." },
]
const ASKED: WebBlock[] = [
  { kind: "text", text: "Size 7 means different fingers in different places. Which one do you mean?" },
  { kind: "button", id: "us", label: "US 7 (17.3 mm)", tone: "yes" },
  { kind: "button", id: "it", label: "Italy 7 (15.0 mm)", tone: "plain" },
  { kind: "button", id: "no", label: "Never mind", tone: "danger" },
  { kind: "note", tone: "warning", text: "Not used: “and something sparkly”." },
]

function answer(text: string, turn: Turn): void {
  turn.started()
  if (text.startsWith("ask")) return turn.ended(ASKED, "asked")
  if (!text.startsWith("slowly")) return turn.ended(MADE)
  turn.tool("Create a jewellery design")
  turn.say("I read this as a **solitaire** in 14k rose gold, size `US 7`, with a round diamond of 1 ct. The band is ")
}

const drawn = (page: Page) =>
  page.waitForFunction(() => document.querySelector<HTMLElement>("canvas")?.dataset["rest"] === "yes", undefined, {
    polling: 200,
    timeout: 120_000,
  })

it.runIf(hasBrowser && GALLERY)(
  "keeps pictures of the studio",
  async () => {
    const folder = GALLERY ?? ""
    mkdirSync(folder, { recursive: true })
    const solids = await kernel()
    const models = await Promise.all(
      [solitaire(solids, 6.5, PLATINUM, RUBY), solitaire(solids, 6.5, ROSE, DIAMOND)].map((it) => format.write(it, {})),
    )
    const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: "#d9c7b8" } })
      .png()
      .toBuffer()
    const studio = await startFakeStudio({
      model: (revision) => new Uint8Array(models[revision % 2] ?? []),
      picture: () => new Uint8Array(picture),
    })
    const browser = await launch()
    const visit = async (width: number, height: number, dark = false) => {
      const { page } = await openStudio(browser, studio.origin, { width, height, dark })
      await page.locator("#examples button").first().waitFor({ state: "attached" })
      return page
    }
    const keep = (page: Page, name: string) => page.screenshot({ path: join(folder, `${name}.png`) })
    const say = async (page: Page, text: string) => {
      await page.fill("#say", text)
      await page.keyboard.press("Enter")
    }

    studio.answer = answer
    await keep(await visit(1440, 900), "1-empty")
    const id = studio.addDesign("14k rose gold solitaire, US 7", RING, ["created", "set metal", "set band_width_mm"])

    const wide = await visit(1440, 900)
    await say(wide, "a 14k rose gold solitaire, US size 7, with a 1 carat round diamond")
    await wide.locator(".choice").first().waitFor()
    await drawn(wide)
    await keep(wide, "2-answer")
    const job: JobCard = {
      id: "j1",
      type: "design.build",
      title: "14k rose gold solitaire, US 7",
      state: "running",
      progress: { fraction: 0.4, text: "cutting the seat" },
      etaS: 12,
      group: `g-${id}-4`,
      files: [],
      createdAt: Date.now(),
    }
    studio.jobs.unshift(job)
    studio.edit(id, { metal: "platinum_950" })
    studio.emit({ kind: "job", job })
    await say(wide, "slowly, another one")
    await wide.locator(".live strong").waitFor()
    await wide.click("#tab-things")
    await wide.locator(".revisions li").nth(3).waitFor()
    await keep(wide, "3-streaming")
    await wide.click("#tab-work")
    await wide.setInputFiles("#files", [
      { name: "sketch of a ring.png", mimeType: "image/png", buffer: picture },
      { name: "too-large.step", mimeType: "model/step", buffer: Buffer.alloc(6_000_000) },
    ])
    await wide.locator(".chip.done").waitFor()
    await keep(wide, "4-work-and-files")
    studio.jobs[0] = { ...job, state: "done", endedAt: Date.now() }
    studio.emit({ kind: "job", job: studio.jobs[0] })

    const dark = await visit(1280, 800, true)
    await say(dark, "ask me")
    await dark.locator(".choice.yes").waitFor()
    await dark.fill("#field-band_thickness_mm", "0.5")
    await dark.keyboard.press("Enter")
    await dark.locator(".fault:not([hidden])").waitFor()
    await drawn(dark)
    await keep(dark, "5-dark-question-and-fault")
    studio.down = true
    studio.cut()
    await say(dark, "make it wider")
    await dark.locator("#link:not([hidden])").waitFor()
    await keep(dark, "6-unreachable")
    studio.down = false

    for (const view of ["chat", "stage", "side"]) {
      const phone = await visit(375, 740, view === "stage")
      await phone.click(`#views [data-to=${view}]`)
      if (view === "stage") await drawn(phone)
      await keep(phone, `7-phone-${view}`)
    }
    const middle = await visit(900, 900)
    await drawn(middle)
    await keep(middle, "8-two-columns")
    await middle.click("#show-settings")
    await middle.locator("#sessions li").waitFor()
    await keep(middle, "8-settings")
    studio.signedIn = false
    await middle.goto(`${studio.origin}/?link=expired`)
    await middle.locator("#key").waitFor()
    await keep(middle, "9-sign-in")
    await browser.close()
    await studio.close()
  },
  600_000,
)
