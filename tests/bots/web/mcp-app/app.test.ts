import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import sharp from "sharp"
import { describe, expect, test } from "vitest"
import { buildApp } from "#bots/web/mcp-app/build.ts"
import { readResult } from "#bots/web/mcp-app/result.ts"
import { loadView } from "#bots/web/mcp-app/view.ts"
import { getFormat } from "#src/export/formats.ts"
import { hasBrowser, launch, listen } from "#tests/bots/web/browser.ts"
import { GOLD, kernel, triMesh } from "#tests/export/solids.ts"

/** What the extension prescribes when a view asks for nothing. */
const DEFAULT_POLICY =
  "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' data:; connect-src 'none'"

test("the committed page is what its source builds to, and stays small", async () => {
  const page = await loadView("model")
  expect(page === (await buildApp()), "run: npm run build:viewer").toBe(true)
  expect(page?.length).toBeLessThan(750_000)
  expect(await loadView("../../package")).toBeUndefined()
})

describe("reading a result", () => {
  const artifacts = [
    { id: "art_2", name: "ring.png", mediaType: "image/png", url: "http://x/2", page: "http://x/v/2" },
    { id: "art_1", name: "ring.glb", mediaType: "model/gltf-binary", url: "http://x/1", page: "http://x/v/1" },
  ]
  test("the model comes as a resource, with links to its page and files", () => {
    const structuredContent = { description: "a ring", artifacts }
    expect(readResult({ structuredContent })).toEqual({
      title: "a ring",
      model: "asset://art_1",
      links: [
        { label: "Open page", url: "http://x/v/1" },
        { label: "PNG", url: "http://x/2" },
        { label: "GLB", url: "http://x/1" },
      ],
    })
  })
  test("hosts that pass no structured content on still give the model by its resource link", () => {
    const link = { type: "resource_link", uri: "asset://art_1", name: "ring.glb", mimeType: "model/gltf-binary" }
    expect(readResult({ content: [link] })).toMatchObject({ model: "asset://art_1", title: "ring.glb" })
  })
  test("an answer without anything to look at shows nothing, and addresses of scripts are no links", () => {
    expect(readResult({ content: [{ type: "text", text: "hello" }] })).toBeUndefined()
    const bad = [{ ...artifacts[1], url: "javascript:alert(1)", page: "data:text/html,x" }]
    expect(readResult({ structuredContent: { artifacts: bad } })?.links).toEqual([])
  })
})

test.skipIf(!hasBrowser)(
  "in a sandboxed frame under the default policy the model is drawn, and nothing is refused",
  async () => {
    const { Manifold } = await kernel()
    const ball = {
      name: "ball",
      role: "metal" as const,
      mesh: triMesh(Manifold.sphere(5, 96).getMesh()),
      material: GOLD,
    }
    const glb = await (await getFormat("glb")).write({ name: "ball", parts: [ball] })
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL("host-page.ts", import.meta.url))],
      bundle: true,
      write: false,
      format: "iife",
    })
    const html = (text: string, headers = {}) =>
      new Response(text, { headers: { "content-type": "text/html", ...headers } })
    const app = await readFile(new URL("../../../../bots/web/mcp-app/dist/model.html", import.meta.url), "utf8")
    const routes: Record<string, () => Response> = {
      "/": () =>
        html(`<iframe sandbox="allow-scripts" width="600" height="600"></iframe><script src="/host.js"></script>`),
      "/host.js": () => new Response(outputFiles[0]?.text ?? "", { headers: { "content-type": "text/javascript" } }),
      "/app": () => html(app, { "content-security-policy": DEFAULT_POLICY }),
      "/result": () =>
        Response.json({
          content: [],
          structuredContent: {
            description: "a gold ball",
            artifacts: [
              {
                id: "art_ball",
                name: "ball.glb",
                mediaType: "model/gltf-binary",
                url: "http://x/b",
                page: "http://x/p",
              },
            ],
          },
        }),
      "/read": () =>
        Response.json({ contents: [{ uri: "asset://art_ball", blob: Buffer.from(glb).toString("base64") }] }),
    }
    const server = await listen((request) => routes[new URL(request.url).pathname]?.())
    const browser = await launch()
    const page = await browser.newPage({ viewport: { width: 640, height: 640 } })
    const complaints: string[] = []
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()))
    page.on("pageerror", (error) => complaints.push(error.message))
    await page.addInitScript(() =>
      document.addEventListener("securitypolicyviolation", (event) =>
        // oxlint-disable-next-line no-console -- runs in the page, whose console the test listens to
        console.error(`refused: ${event.violatedDirective}`),
      ),
    )
    await page.goto(server.origin)
    const view = page.frameLocator("iframe")
    await view.locator("#stage[data-state=ready]").waitFor({ timeout: 60_000 })
    expect(await view.locator("#title").textContent()).toBe("a gold ball")
    await view.getByRole("button", { name: "Open page" }).click()
    const { opened, sizes } = await page.evaluate(
      () => (window as unknown as { seen: { opened: string[]; sizes: number } }).seen,
    ) // set by host-page.ts
    expect(opened).toEqual(["http://x/p"])
    expect(sizes).toBeGreaterThan(0)

    const shot = sharp(await view.locator("#stage").screenshot())
    const { width, height } = await shot.metadata()
    const [red = 0, green = 0, blue = 0] = await shot
      .extract({ left: Math.floor(width / 2), top: Math.floor(height / 2), width: 1, height: 1 })
      .removeAlpha()
      .raw()
      .toBuffer()
    expect(red, "gold is more red than blue").toBeGreaterThan(blue + 20)
    expect(green).toBeGreaterThan(blue)
    // The icon of the host page is the test server's own 404.
    expect(complaints.filter((it) => !it.includes("404"))).toEqual([])
    await browser.close()
    await server.close()
  },
)
