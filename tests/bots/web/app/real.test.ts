import { expect, it } from "vitest"
import { webRig } from "#tests/bots/web/api/rig.ts"
import { openStudio } from "#tests/bots/web/app/browse.ts"
import { hasBrowser, launch } from "#tests/bots/web/browser.ts"
import { loadRegistry } from "#tools/registry.ts"

it.skipIf(!hasBrowser)(
  "follows the real studio: comes in by link, shows what a terminal makes, edits it, talks, and survives the end of its session",
  async () => {
    const rig = await webRig()
    const browser = await launch()
    try {
      const { page, complaints } = await openStudio(browser, rig.web.link(rig.url), {
        width: 1130,
        height: 420,
        scale: 0.25,
      })
      await page.getByText("a ring", { exact: true }).waitFor()
      expect(new URL(page.url()).search).toBe("")
      expect(await page.evaluate(() => document.cookie)).toBe("")

      await page.fill("#say", "good morning")
      await page.keyboard.press("Enter")
      await page.locator(".message.assistant:not(.live)", { hasText: "good morning" }).waitFor()
      expect(await page.locator(".message").count()).toBe(2)

      const registry = await loadRegistry(rig.studio.config.families)
      await registry.callTool(
        "design_create",
        { size: "7", size_system: "us", picture: "draft", wait_s: 0 },
        rig.studio.call(),
      )
      await page.locator("#scene[data-state=ready] canvas").waitFor({ timeout: 90_000 })
      const first = await page.getAttribute("#scene", "data-model")
      await page.click("#tab-design")
      expect(await page.locator("#fields .field").count()).toBeGreaterThan(5)
      await page.selectOption("#field-metal", "platinum_950")
      await page.getByText("Saved as revision 2.").waitFor()
      await page.locator(`#scene[data-state=ready]:not([data-model="${first}"]) canvas`).waitFor({ timeout: 90_000 })
      await page.click("#undo")
      await page.getByText("Revision 1", { exact: true }).waitFor()
      await page.locator(`#scene[data-model="${first}"]`).waitFor({ timeout: 60_000 })

      await page.setInputFiles("#files", {
        name: "note.txt",
        mimeType: "text/plain",
        buffer: Buffer.from("for the ring"),
      })
      await page.locator(".chip.done").waitFor()

      await page.click("#show-settings")
      await page.getByRole("button", { name: "Sign out" }).click()
      await page.getByText("This studio knows you by a link").waitFor()
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
      await rig.close()
    }
  },
  240_000,
)
