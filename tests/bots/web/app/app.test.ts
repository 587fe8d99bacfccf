import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { format } from "#src/export/formats/glb.ts"
import { axe, openStudio, type Opened } from "#tests/bots/web/app/browse.ts"
import { startFakeStudio, type FakeStudio } from "#tests/bots/web/app/fake-studio.ts"
import { hasBrowser, launch } from "#tests/bots/web/browser.ts"
import { kernel, ROSE, RUBY, solitaire } from "#tests/export/solids.ts"

const RING = {
  size: "7",
  metal: "14k_rose_gold",
  stone: "diamond",
  prongs: 6,
  band_width_mm: 2.2,
  band_thickness_mm: 1.8,
}
const HOSTILE = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script> [x](javascript:alert(1))`

describe.skipIf(!hasBrowser)("the studio in a browser", () => {
  let browser: Browser
  let studio: FakeStudio
  const open: Opened[] = []

  const visit = async (options: Parameters<typeof openStudio>[2] = {}) => {
    const opened = await openStudio(browser, studio.origin, options)
    open.push(opened)
    await opened.page.locator("#examples button").first().waitFor({ state: "attached" })
    return opened.page
  }

  beforeAll(async () => {
    browser = await launch()
  }, 60_000)

  beforeEach(async () => {
    studio = await startFakeStudio()
    return async () => {
      const complaints = open.flatMap((it) => it.complaints)
      for (const { page } of open.splice(0)) await page.close()
      await studio.close()
      if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join(" | ")}`)
    }
  })

  afterAll(() => browser?.close())

  const say = async (page: Page, text: string) => {
    await page.fill("#say", text)
    await page.keyboard.press("Enter")
  }

  it("shows the words of an answer as they come, its steps, and the whole answer in the end", async () => {
    const going = Promise.withResolvers<void>()
    studio.answer = async (_text, turn) => {
      turn.started()
      turn.tool("Create a jewellery design")
      turn.say("A **rose gold** ")
      await going.promise
      turn.tool("Create a jewellery design", true)
      turn.ended([
        { kind: "text", text: "A **rose gold** ring." },
        { kind: "list", ordered: false, items: ["castable"] },
        { kind: "table", columns: ["Part", "Mass"], rows: [["Band", "2.6 g"]] },
        { kind: "link", url: "https://example.org/", label: "More" },
        { kind: "note", tone: "info", text: "Command mode." },
      ])
    }
    const page = await visit()
    await say(page, "a rose gold ring")
    const live = page.locator(".message.live")
    expect(await live.locator("strong").textContent()).toBe("rose gold")
    expect(await live.locator(".steps li").textContent()).toBe("Create a jewellery design")
    expect(await page.locator("#send").getAttribute("aria-label")).toBe("Stop")
    going.resolve()
    const answer = page.locator(".message.assistant:not(.live)")
    expect(await answer.locator("li").textContent()).toBe("castable")
    expect(await answer.locator("td").allTextContents()).toEqual(["Band", "2.6 g"])
    expect(await answer.locator("a").getAttribute("rel")).toBe("noopener noreferrer")
    expect(await page.locator(".message").count()).toBe(2)
    await page.waitForFunction(() => document.getElementById("announcer")?.textContent?.includes("A rose gold ring."))
    expect(await page.locator("#send").getAttribute("aria-label")).toBe("Send")
    await page.reload()
    expect(await answer.locator("li").textContent()).toBe("castable")
  }, 40_000)

  it("touches nothing but the answer while it comes, so that a slow machine has time for whoever types", async () => {
    const [going, ending] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    studio.answer = async (_text, turn) => {
      turn.started()
      await going.promise
      for (let at = 0; at < 300; at++) turn.say(at % 60 === 59 ? "\n\n" : `word${at} `)
      await ending.promise
      turn.ended([{ kind: "text", text: "Done." }])
    }
    const page = await visit()
    await say(page, "go")
    await page.locator(".message.live").waitFor()
    await page.evaluate(() => {
      document.body.dataset["measured"] = "0"
      Object.defineProperty(document.querySelector("#say"), "scrollHeight", {
        get: () => {
          document.body.dataset["measured"] = String(Number(document.body.dataset["measured"]) + 1)
          return 40
        },
      })
    })
    going.resolve()
    const live = page.locator(".message.live .text p")
    await live.nth(4).filter({ hasText: "word298" }).waitFor()
    expect(await page.getAttribute("body", "data-measured")).toBe("0")
    expect(await live.count()).toBe(5)
    expect(await live.first().textContent()).toMatch(/^word0 word1 .* word58$/)
    ending.resolve()
    await page.getByRole("article").getByText("Done.").waitFor()
  }, 40_000)

  it("is used from end to end with the keyboard: ask, press a button, change a parameter, undo", async () => {
    const id = studio.addDesign("Ring", RING)
    studio.answer = (text, turn) => {
      turn.started()
      if (text.startsWith("[")) turn.ended([{ kind: "text", text: `Pressed ${text}` }])
      else
        turn.ended([
          { kind: "text", text: "Which system?" },
          { kind: "button", id: "us", label: "US 7", tone: "yes" },
        ])
    }
    const page = await visit()
    const at = () => page.evaluate(() => document.activeElement?.id ?? document.activeElement?.textContent)
    const until = async (name: string, key = "Tab") => {
      for (
        let i = 0;
        i < 40 &&
        (await page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent)) !== name;
        i++
      )
        await page.keyboard.press(key)
      expect(await page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent)).toBe(name)
      const outlined = await page.evaluate(() => {
        const { activeElement: element } = document
        return element !== null && (element.matches("#say") || getComputedStyle(element).outlineStyle !== "none")
      })
      expect(outlined, `${name} shows that it has the focus`).toBe(true)
    }
    expect(await at()).toBe("say")
    await page.keyboard.type("size 7")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("please")
    await page.keyboard.press("Enter")
    await page.locator(".choice").waitFor()
    await until("US 7", "Shift+Tab")
    await page.keyboard.press("Enter")
    await page.getByText("Pressed [us]").first().waitFor()
    expect(await page.locator(".message.user p").innerText()).toBe("size 7\nplease")

    await until("field-band_width_mm")
    await page.keyboard.press("Control+A")
    await page.keyboard.type("2.5")
    await page.keyboard.press("Enter")
    await page.getByText("Saved as revision 2.").waitFor()
    expect(studio.calls.find((it) => it.tool === "design_edit")).toEqual({
      tool: "design_edit",
      input: { design: id, wait_s: 0, operations: [{ op: "set", band_width_mm: 2.5 }] },
    })
    await page.getByText("Revision 2", { exact: true }).waitFor()
    await until("undo", "Shift+Tab")
    await page.keyboard.press("Enter")
    await page.getByText("Revision 1", { exact: true }).waitFor()
    expect(await page.inputValue("#field-band_width_mm")).toBe("2.2")
    expect(await at()).toBe("undo")
    await until("tab-design")
    await page.keyboard.press("ArrowRight")
    expect(await at()).toBe("tab-things")
    expect(await page.locator(".revisions li").count()).toBe(2)
  }, 60_000)

  it("says next to a field what is wrong with it, asks back there, and sends nothing that cannot be", async () => {
    studio.addDesign("Ring", RING)
    const page = await visit()
    await page.fill("#field-band_width_mm", "99")
    expect(await page.locator("#field-band_width_mm-fault").textContent()).toBe("From 1 to 15 mm.")
    await page.fill("#field-band_width_mm", "2.2")
    await page.fill("#field-band_thickness_mm", "0.5")
    await page.keyboard.press("Enter")
    await page.getByText("breaks when it is cast").first().waitFor()
    expect(await page.getAttribute("#field-band_thickness_mm", "aria-invalid")).toBe("true")
    expect(await page.inputValue("#field-band_thickness_mm")).toBe("0.5")
    await page.fill("#field-size", "8")
    await page.keyboard.press("Enter")
    await page.getByRole("button", { name: "UK" }).click()
    await page.getByText("Saved as revision 2.").waitFor()
    const edits = studio.calls.filter((it) => it.tool === "design_edit")
    expect(edits.map((it) => it.input["operations"])).toEqual([
      [{ op: "set", band_thickness_mm: 0.5 }],
      [{ op: "set", size: "8" }],
      [{ op: "set", size: "8", size_system: "uk" }],
    ])
  }, 40_000)

  it("keeps two windows on the same revision, whoever edits, and shows an old one without leaving the new", async () => {
    const id = studio.addDesign("Ring", RING)
    const one = await visit()
    const other = await visit({ dark: true })
    await one.selectOption("#field-metal", "platinum_950")
    await other.getByText("Revision 2", { exact: true }).waitFor()
    expect(await other.inputValue("#field-metal")).toBe("platinum_950")
    studio.edit(id, { stone: "ruby" }) // somebody in a terminal
    for (const page of [one, other]) {
      await page.getByText("Revision 3", { exact: true }).waitFor()
      expect(await page.inputValue("#field-stone")).toBe("ruby")
    }
    await other.click("#tab-things")
    await other.locator(".revisions button", { hasText: "created" }).click()
    await other.getByText("Revision 1 (latest: 3)").waitFor()
    await other.click("#tab-design")
    expect(await other.isDisabled("#field-metal")).toBe(true)
    expect(await other.inputValue("#field-metal")).toBe("14k_rose_gold")
    expect(await one.textContent("#revision")).toBe("Revision 3")
    await other.click("#to-latest")
    await other.getByText("Revision 3", { exact: true }).waitFor()
    const third = studio.addDesign("Second ring", RING)
    expect(await one.textContent("#stage-title")).toBe("Ring")
    studio.answer = (_text, turn) => {
      turn.started()
      studio.emit({ seq: 0, threadId: turn.threadId, kind: "focus", itemId: third, revision: 1 })
      turn.ended([{ kind: "text", text: "Done." }])
    }
    await say(one, "another ring")
    await one.locator("#stage-title", { hasText: "Second ring" }).waitFor()
  }, 60_000)

  it("says that the studio is gone, keeps what was typed, and goes on when it is back", async () => {
    studio.addDesign("Ring", RING)
    const page = await visit()
    await say(page, "hello")
    await page.getByText("Done.").waitFor()
    studio.down = true
    studio.cut()
    await say(page, "make it wider")
    await page.getByText("The studio is not reachable. What you typed is kept.").first().waitFor()
    expect(await page.inputValue("#say")).toBe("make it wider")
    await page.locator("#link:not([hidden])").waitFor()
    expect(await page.locator(".message").count()).toBe(2)
    studio.down = false
    await page.click("#retry")
    await page.locator("#link").waitFor({ state: "hidden" })
    await page.reload()
    expect(await page.inputValue("#say")).toBe("make it wider")
    await page.focus("#say")
    await page.keyboard.press("Enter")
    await page.locator(".message").nth(3).waitFor()
    expect(await page.inputValue("#say")).toBe("")
  }, 60_000)

  it("shows words and file names of others as text, whatever they contain, and runs nothing", async () => {
    studio.addDesign(HOSTILE, { ...RING, size: HOSTILE }, [HOSTILE, HOSTILE])
    studio.answer = (_text, turn) => {
      turn.started()
      turn.say(HOSTILE)
      turn.ended([
        { kind: "text", text: HOSTILE },
        { kind: "text", text: HOSTILE, quote: HOSTILE },
        { kind: "heading", text: HOSTILE },
        { kind: "list", ordered: true, items: [HOSTILE] },
        { kind: "table", columns: [HOSTILE], rows: [[HOSTILE]] },
        { kind: "link", url: "javascript:document.title='owned'", label: HOSTILE },
        { kind: "button", id: "used", label: HOSTILE, tone: "plain" },
        { kind: "note", tone: "error", text: HOSTILE },
        { kind: "progress", jobId: "none", title: HOSTILE, text: HOSTILE },
      ])
    }
    const page = await visit()
    await say(page, HOSTILE)
    await page.locator(".choice").click()
    await page.getByText("This button was pressed already.").waitFor()
    await page.setInputFiles("#files", {
      name: `${HOSTILE.replaceAll("/", "")}.txt`,
      mimeType: "text/plain",
      buffer: Buffer.from("x"),
    })
    await page.locator(".chip.done").waitFor()
    await page.click("#tab-things")
    await page.click("#show-threads")
    expect(await page.title()).toBe("Studio · Atelier")
    expect(await page.locator("img[src=x], script:not([src]), [onerror]").count()).toBe(0)
    expect(await page.evaluate(() => [...document.querySelectorAll("a")].map((it) => it.protocol))).not.toContain(
      "javascript:",
    )
    expect(await page.locator(".message.user").textContent()).toContain("<script>")
    expect(studio.uploads[0]?.name).toContain("<img src=x")
  }, 40_000)

  it("stops a turn with Escape and with the button, cancels a job, and shows progress and allowance", async () => {
    studio.answer = async (_text, turn) => {
      turn.started()
      turn.say("Thinking")
      await turn.stopped
      turn.ended([{ kind: "note", tone: "warning", text: "Stopped." }], "stopped")
    }
    const page = await visit()
    await say(page, "go")
    await page.getByText("Thinking").waitFor()
    await page.keyboard.press("Escape")
    await page.locator(".message.assistant:not(.live)").waitFor()
    await say(page, "go")
    await page.locator(".message.live").waitFor()
    await page.click("#send")
    await page.locator(".message.assistant:not(.live)").nth(1).waitFor()
    expect(studio.stops).toBe(2)
    studio.jobs.push({
      id: "j1",
      type: "design.build",
      title: "A ring",
      state: "running",
      progress: { fraction: 0.4, text: "cutting the seat" },
      etaS: 12,
      files: [],
      createdAt: Date.now(),
    })
    studio.emit({ kind: "job", job: { ...studio.jobs[0], state: "running" } as never }) // the one above
    await page.click("#tab-work")
    expect(await page.locator(".job-state").textContent()).toBe("cutting the seat · 40 % · about 12 s left")
    expect(await page.locator("#quota .size").textContent()).toBe("39 of 500")
    await page.getByRole("button", { name: "Cancel A ring" }).click()
    await page.locator(".job.cancelled").waitFor()
  }, 40_000)

  it("explains how to get in where there is no session, and takes a key", async () => {
    studio.signedIn = false
    const opened = await openStudio(browser, `${studio.origin}/?link=expired`, {})
    open.push(opened)
    const { page } = opened
    await page.getByText("This studio knows you by a link").waitFor()
    expect(await page.locator("#link-expired").isVisible()).toBe(true)
    expect(await axe(page)).toEqual([])
    await page.fill("#key", "bad-key")
    await page.keyboard.press("Enter")
    await page.getByText("This key opens nothing.").waitFor()
    await page.fill("#key", "good-key")
    await page.keyboard.press("Enter")
    await page.locator("#say").waitFor()
  }, 40_000)

  it("has nothing for axe to complain about, light and dark, wide and narrow, and fits a phone", async () => {
    studio.addDesign("Ring", RING, ["created", "set metal"])
    studio.jobs.push({
      id: "j1",
      type: "design.build",
      title: "A ring",
      state: "running",
      progress: { fraction: 0.4, text: "cutting" },
      files: [],
      createdAt: Date.now(),
    })
    studio.answer = (_text, turn) => {
      turn.started()
      turn.ended([
        { kind: "heading", text: "A ring" },
        { kind: "text", text: "With `code`, a [link](https://example.org/) and **weight**." },
        { kind: "table", columns: ["Part", "Mass"], rows: [["Band", "2.6 g"]] },
        { kind: "button", id: "a", label: "Yes", tone: "yes" },
        { kind: "button", id: "b", label: "Delete", tone: "danger" },
        { kind: "note", tone: "warning", text: "Not used: sparkly." },
        { kind: "note", tone: "error", text: "It broke." },
      ])
    }
    for (const dark of [false, true]) {
      const page = await visit({ dark })
      if (dark) await page.click("#new-thread")
      await page.locator("#examples button").first().waitFor()
      expect(await axe(page)).toEqual([])
      await say(page, "a ring")
      await page.locator(".choice").first().waitFor()
      await page.fill("#field-band_width_mm", "99")
      expect(await axe(page)).toEqual([])
      await page.click("#tab-things")
      expect(await axe(page)).toEqual([])
      await page.click("#tab-work")
      await page.click("#show-settings")
      await page.locator("#sessions li").waitFor()
      expect(await axe(page)).toEqual([])
    }
    const phone = await visit({ width: 375, height: 700 })
    for (const view of ["chat", "stage", "side"]) {
      await phone.click(`#views [data-to=${view}]`)
      expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
      expect(await phone.locator(".brand").evaluate((it) => it.getBoundingClientRect().height)).toBeLessThan(40)
      expect(
        await phone
          .locator("#chat, #stage, #side")
          .evaluateAll((all) => all.filter((it) => it.checkVisibility()).map((it) => it.id)),
      ).toEqual([view])
      expect(await axe(phone)).toEqual([])
    }
  }, 90_000)
})

describe.skipIf(!hasBrowser)("the stage with a model", () => {
  it("loads the viewer with the first model, changes it with each revision, and frees it when nothing is shown", async () => {
    const solids = await kernel()
    const models = await Promise.all(
      [solitaire(solids, 6.5, ROSE), solitaire(solids, 6.5, ROSE, RUBY)].map((it) => format.write(it, {})),
    )
    const studio = await startFakeStudio({ model: (revision) => new Uint8Array(models[(revision + 1) % 2] ?? []) })
    const browser = await launch()
    try {
      const { page, complaints } = await openStudio(browser, studio.origin, { width: 1130, height: 420, scale: 0.25 })
      await page.locator("#examples button").first().waitFor()
      const loaded = () =>
        page.evaluate(
          () => performance.getEntriesByType("resource").filter((it) => it.name.includes("viewer.js")).length,
        )
      expect(await loaded()).toBe(0)
      const id = studio.addDesign("Ring", RING)
      await page.locator(`#scene[data-state=ready][data-model="m-${id}-1"] canvas`).waitFor({ timeout: 60_000 })
      expect(await loaded()).toBe(1)
      expect(await page.getAttribute("canvas", "aria-label")).toContain("Ring. Arrow keys turn it")
      studio.edit(id, { stone: "ruby" })
      await page.locator(`#scene[data-model="m-${id}-2"]`).waitFor({ timeout: 60_000 })
      expect(await page.locator("canvas").count()).toBe(1)
      studio.designs.delete(id)
      studio.emit({ kind: "item-removed", itemId: id })
      await page.locator("canvas").waitFor({ state: "detached" })
      expect(complaints).toEqual([])
    } finally {
      await browser.close()
      await studio.close()
    }
  }, 120_000)
})
