import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { makeFolder } from "#src/platform/folders.ts"

const home = mkdtempSync(join(tmpdir(), "atelier-folders-"))
afterAll(() => rmSync(home, { recursive: true, force: true }))

test("makes every level, and is content with what is there", () => {
  makeFolder(join(home, "a/b/c"), 0o700)
  makeFolder(join(home, "a/b/c"))
  expect(statSync(join(home, "a/b")).mode & 0o777).toBe(0o700)
})

test("a file in the way is refused", () => {
  writeFileSync(join(home, "file"), "")
  expect(() => makeFolder(join(home, "file"))).toThrow("not a folder")
  expect(() => makeFolder(join(home, "file/below"))).toThrow(/ENOTDIR|not a folder/)
})

test.runIf(existsSync("/proc/self"))("comes back where no folder can ever be made", () => {
  expect(() => makeFolder("/proc/atelier/data")).toThrow("ENOENT")
})
