import type { Browser, Page } from "playwright-core"
import sharp from "sharp"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Conversations } from "#src/conversation/conversation.ts"
import { createConversations } from "#src/conversation/conversations.ts"
import { createLook } from "#src/platform/artifacts/look.ts"
import { webRig, type WebRig } from "#tests/bots/web/api/rig.ts"
import { openStudio, type Opened } from "#tests/bots/web/app/browse.ts"
import { hasBrowser, launch } from "#tests/bots/web/browser.ts"
import { boards } from "#tests/conversation/boards.ts"
import { llmRig, type LlmRig } from "#tests/platform/llm/rig.ts"
import type { TestStudio } from "#tests/studio.ts"

const usage = { prompt: 3_400, completion: 20 }
const parametersOf = (data: unknown) => data as Record<string, string | number> // as the family of boards keeps them

interface Whole {
  rig: WebRig
  talks: Conversations
  visit(): Promise<Page>
}

/** The page over the real conversations, with a family of tools that needs no building; models are scripted servers. */
describe.skipIf(!hasBrowser)("the studio as a whole", () => {
  let browser: Browser
  beforeAll(async () => void (browser = await launch({ webgl: false })), 60_000)
  afterAll(() => browser?.close())

  async function whole(run: (it: Whole) => Promise<void>, servers?: LlmRig): Promise<void> {
    const look = createLook()
    const made = boards().registry
    const registry = async () => made
    const describe = async (_kind: string, data: unknown) => ({
      description: "A board",
      parameters: parametersOf(data),
    })
    let talks: Conversations | undefined
    const conversations = (studio: TestStudio) =>
      (talks = createConversations({
        ...studio.services,
        db: studio.db,
        registry,
        studioFor: (call) => ({ ...studio.call(call.caller, call), progress: call.progress }),
        ...(servers ? { llm: servers.llm } : {}),
        keepDays: 30,
        parametersOf: async (_kind, data) => parametersOf(data),
        pictures: (id, signal) => look(studio.services.artifacts.path(id), signal),
      }))
    const rig = await webRig({ conversations, web: { registry, describe } })
    const opened: Opened[] = []
    try {
      if (!talks) throw new Error("the rig makes them")
      await run({
        rig,
        talks,
        visit: async () => {
          const it = await openStudio(browser, rig.web.link(rig.url), { width: 1130, height: 700 })
          opened.push(it)
          await it.page.locator("#examples button, .message").first().waitFor({ state: "attached" })
          return it.page
        },
      })
      expect(opened.flatMap((it) => it.complaints)).toEqual([])
    } finally {
      for (const { page } of opened) await page.close()
      await talks?.close()
      await rig.close()
      await servers?.close()
    }
  }

  const say = async (page: Page, text: string) => {
    await page.fill("#say", text)
    await page.keyboard.press("Enter")
  }
  const answer = (page: Page, nth: number) => page.locator(".message.assistant:not(.live)").nth(nth)

  it("keeps two windows and a terminal on one thing: whoever edits, the others have it, and an undo is everybody's", async () => {
    await whole(async ({ rig, talks, visit }) => {
      const { caller } = rig.studio.call()
      const terminal = talks.open({ surface: "cli", tenantId: "local", thread: "chat" }, caller)
      const type = (text: string) => talks.send(terminal.id, { caller, text })
      await type("make a red board")
      const [one, other] = [await visit(), await visit()]
      const see = async (revision: number, field: string, value: string) => {
        for (const page of [one, other]) {
          await page.getByText(`Revision ${revision}`, { exact: true }).waitFor()
          expect(await page.inputValue(`#field-${field}`)).toBe(value)
        }
      }
      await type("make it 150 mm wide")
      await see(2, "width_mm", "150")
      await say(one, "a bit wider")
      await see(3, "width_mm", "165")
      await other.selectOption("#field-colour", "blue")
      await see(4, "colour", "blue")
      await type("undo")
      await see(3, "colour", "red")
      await one.click("#undo")
      await see(2, "width_mm", "150")
    })
  }, 90_000)

  it("keeps what a model had said when its server dies in the middle, says so, and answers the next message", async () => {
    const servers = await llmRig({ ATELIER_LLM_FAST: "a/m,b/m" })
    await whole(async ({ visit }) => {
      const page = await visit()
      servers.a.script({ text: "I would make the band wider because it carries the", cutAfter: 5 })
      servers.b.script({ text: "never asked", usage })
      await say(page, "what would you do?")
      const broken = answer(page, 0)
      await broken.waitFor()
      expect(await broken.innerText()).toMatch(/I would make the band[\s\S]*The answer broke off\./)
      expect([await page.locator(".live").count(), servers.b.requests.length]).toEqual([0, 0])
      expect(await page.getAttribute("#send", "aria-label")).toBe("Send")
      servers.a.script({ hangUp: true })
      servers.b.script({ text: "The other server answers.", usage })
      await say(page, "again please")
      await answer(page, 1).waitFor()
      expect(await answer(page, 1).innerText()).toMatch(/The other server answers\.[\s\S]*b\/m/)
      await page.reload()
      expect(await broken.innerText()).toMatch(/The answer broke off/)
    }, servers)
  }, 90_000)

  it("shows an attached picture to a model that sees, and in the message of the person", async () => {
    const servers = await llmRig({ ATELIER_LLM_VISION: "a", ATELIER_LLM_TIMEOUT_S: "60", ATELIER_LLM_SILENCE_S: "30" })
    await whole(async ({ visit }) => {
      const page = await visit()
      servers.a.script({ text: "A red sketch.", usage })
      const buffer = await sharp({ create: { width: 2_000, height: 900, channels: 3, background: "#f00" } })
        .png()
        .toBuffer()
      await page.setInputFiles("#files", { name: "sketch.png", mimeType: "image/png", buffer })
      await page.locator(".chip.done").waitFor()
      await say(page, "what is this?")
      await answer(page, 0).waitFor()
      expect(await answer(page, 0).innerText()).not.toContain("Not opened")
      const sent = JSON.stringify(servers.a.requests[0]?.messages)
      const [, data = ""] = /data:image\/jpeg;base64,([^"]+)/.exec(sent) ?? []
      const { width, height } = await sharp(Buffer.from(data, "base64")).metadata()
      expect([width, height]).toEqual([1_568, 706])
      const own = page.locator(".message.user img")
      await own.evaluate((it: HTMLImageElement) => it.decode())
      expect(await own.evaluate((it: HTMLImageElement) => it.naturalWidth)).toBe(2_000)
    }, servers)
  }, 90_000)
})
