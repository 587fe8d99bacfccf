import { existsSync } from "node:fs"
import { createServer } from "node:http"
import { type Browser, chromium } from "playwright-core"

const CHROMIUM = "/usr/bin/chromium"
export const hasBrowser = existsSync(CHROMIUM)

/** Headless, with WebGL drawn by software; `webgl: false` is a machine that has none. */
export async function launch({ webgl = true } = {}): Promise<Browser> {
  const gl = webgl ? ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"] : ["--disable-3d-apis"]
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...gl,
    ],
  })
}

/** A real HTTP server on a free port in front of a web-standard handler. */
export async function listen(handle: (request: Request) => Response | undefined | Promise<Response | undefined>) {
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const request = new Request(`http://${incoming.headers.host}${incoming.url}`, {
        method: incoming.method ?? "GET",
        headers: Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as [string, string]),
      })
      const response = (await handle(request)) ?? new Response("no such page", { status: 404 })
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      outgoing.end(Buffer.from(await response.arrayBuffer()))
    })()
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise<void>((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
}
