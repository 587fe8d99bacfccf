import { readFile } from "node:fs/promises"

const FOLDER = new URL("dist/", import.meta.url)
const pages = new Map<string, Promise<string>>()

/** The built page of an MCP App view: dist/<name>.html. */
export async function loadView(name: string): Promise<string | undefined> {
  if (name !== "model") return undefined
  let page = pages.get(name)
  if (!page) pages.set(name, (page = readFile(new URL(`${name}.html`, FOLDER), "utf8")))
  return page
}
