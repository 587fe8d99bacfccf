import { request as rawRequest } from "node:http"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { WebFile } from "#bots/web/api/types.ts"
import { webRig, type Browser, type WebRig } from "#tests/bots/web/api/rig.ts"

let rig: WebRig
let browser: Browser
beforeAll(async () => {
  rig = await webRig({ env: { ATELIER_MAX_FILE_MB: "1" } })
  browser = await rig.browser()
})
afterAll(() => rig.close())

const MEGABYTE = 1024 * 1024

test("a file is stored with its true type, whatever its name says, and can be read again", async () => {
  const png = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==",
    "base64",
  )
  const answer = await browser.upload("../../etc/report.pdf", png, { "content-type": "application/pdf" })
  expect(answer.status).toBe(201)
  const file = (await answer.json()) as WebFile
  expect(file).toMatchObject({ name: "report.png", mediaType: "image/png", bytes: png.length, use: "file" })
  const back = await fetch(rig.url + file.url)
  expect(Buffer.from(await back.arrayBuffer()).equals(png)).toBe(true)
  expect((await fetch(rig.url + file.downloadUrl)).headers.get("content-disposition")).toContain("attachment")
})

test("a page that calls itself a picture is served as text without rights", async () => {
  const answer = await browser.upload("cat.png", "<!doctype html><script>alert(1)</script>", {
    "content-type": "image/png",
  })
  const file = (await answer.json()) as WebFile
  expect(file).toMatchObject({ name: "cat.html", mediaType: "text/html" })
  expect((await fetch(rig.url + file.url)).headers.get("content-security-policy")).toContain("sandbox")
})

test("a file over the limit is refused, whether it says so or not, and leaves nothing behind", async () => {
  const honest = await browser.upload("big.bin", new Uint8Array(MEGABYTE + 1))
  expect(honest.status).toBe(413)
  expect(await honest.json()).toMatchObject({ error: { code: "too_large", hint: expect.stringContaining("1 MB") } })

  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  const sending = rawRequest(
    `${rig.url}/api/files?name=big.bin`,
    { method: "POST", headers: { cookie: browser.cookie, origin: rig.url, "x-atelier": "1" } },
    (answer) => resolve(answer.resume().statusCode),
  )
  sending.on("error", reject)
  for (let i = 0; i < 5; i++) sending.write(Buffer.alloc(MEGABYTE / 4, i + 1))
  sending.end()
  expect(await promise).toBe(413)
  expect(rig.studio.services.artifacts.storageBytes("local")).toBeLessThan(MEGABYTE)
  expect((await browser.get("/api/state")).status).toBe(200)
})

test("exactly the limit is accepted; an empty file is not", async () => {
  expect((await browser.upload("full.bin", new Uint8Array(MEGABYTE).fill(7))).status).toBe(201)
  expect((await browser.upload("empty.txt", "")).status).toBe(400)
})

test("an upload changes the quota that pages show", async () => {
  const stream = await browser.events()
  await browser.upload("a.txt", "some words")
  const told = await stream.until((event) => event.kind === "quota")
  expect(told).toMatchObject({ quota: expect.arrayContaining([expect.objectContaining({ unit: "storage_bytes" })]) })
  await stream.close()
})
