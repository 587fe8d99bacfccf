import { spawnSync } from "node:child_process"
import { expect, it } from "vitest"
import { createLog } from "#src/platform/log.ts"

const collect = () => {
  const lines: string[] = []
  return { lines, log: createLog("info", { write: (line) => void lines.push(line) }) }
}

it("hides secrets wherever they stand, and nothing else", () => {
  const { lines, log } = collect()
  const key = `atl_${"x".repeat(54)}`
  log.info({
    headers: { authorization: `Bearer ${key}`, host: "x" },
    deep: { a: [{ openai_api_key: 'with "quotes"' }] },
  })
  log.info(`called with ${key} and sk-${"y".repeat(40)}`)
  log.error(new Error(`GET http://x/files/art_1/a.glb?e=1&s=${"z".repeat(22)}&download=1 failed`))
  log.info({ token: "short", tokens: 12, keyId: "key_1" })
  const all = lines.join("")
  expect(all).not.toMatch(/xxxx|yyyy|zzzz|quotes|short/)
  expect(all).toContain('"host":"x"')
  expect(all).toContain("&s=[hidden]&download=1")
  expect(all).toContain('"tokens":12,"keyId":"key_1"')
  for (const line of lines) JSON.parse(line)
})

it("writes to stderr, never to stdout, and keeps quiet when it is told to", () => {
  const source = new URL("../../src/platform/log.ts", import.meta.url).href
  const code = `import("${source}").then((it) => { it.createLog("warn").warn("seen"); it.createLog("silent").fatal("unseen") })`
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", code], { encoding: "utf8" })
  expect(stdout).toBe("")
  expect(stderr).toContain('"msg":"seen"')
  expect(stderr).not.toContain("unseen")
})
