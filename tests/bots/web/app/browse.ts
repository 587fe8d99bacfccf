import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import type { Browser, Page } from "playwright-core"

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

export interface Opened {
  page: Page
  /** Broken rules of the page's own policy, errors of scripts. */
  complaints: string[]
}

/** The studio in a window of its own, with its own cookies. A small `scale` spares a processor that draws 3D by itself. */
export async function openStudio(
  browser: Browser,
  origin: string,
  { width = 1280, height = 800, dark = false, scale = 1 } = {},
): Promise<Opened> {
  const page = await browser.newPage({
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
  })
  page.setDefaultTimeout(20_000)
  const complaints: string[] = []
  page.on("pageerror", (error) => complaints.push(error.message))
  page.on("console", (message) => {
    // Refusals of the studio are shown on the page; the browser lists them here as well.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text())
  })
  await page.goto(origin)
  return { page, complaints }
}

/** What axe finds wrong, one line each. The page's policy forbids foreign scripts, so it comes in through the debugger. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  return page.evaluate(async () => {
    // axe has put itself there in the line above
    const { axe } = window as never as { axe: { run(): Promise<{ violations: Violation[] }> } }
    interface Violation {
      id: string
      help: string
      nodes: { target: unknown[]; failureSummary?: string }[]
    }
    const { violations } = await axe.run()
    return violations.map(
      (it) => `${it.id}: ${it.nodes.map((node) => `${node.target.join(" ")} ${node.failureSummary ?? ""}`).join("; ")}`,
    )
  })
}
