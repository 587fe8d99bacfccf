import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterAll, beforeAll, expect, test, vi } from "vitest"
import { checkBlender, findBlender } from "#src/platform/blender.ts"
import { installFakeBlender } from "#tests/servers/blender/install.ts"

let blender = ""
let folder = ""
beforeAll(async () => {
  blender = await installFakeBlender()
  folder = await mkdtemp(join(tmpdir(), "atelier-no-blender-"))
})
afterAll(async () => {
  await rm(dirname(blender), { recursive: true })
  await rm(folder, { recursive: true })
  vi.unstubAllEnvs()
})
const check = (given?: string) => checkBlender(given, new AbortController().signal)

test("the Blender that is named is used, else the first program of that name on PATH", async () => {
  expect(findBlender("/opt/blender/blender", dirname(blender))).toBe("/opt/blender/blender")
  expect(findBlender(undefined, `${folder}::${dirname(blender)}`)).toBe(blender)
  expect(findBlender(undefined, folder)).toBeUndefined()
  // A file of the name that cannot be run is none.
  await writeFile(join(folder, "blender"), "no program")
  expect(findBlender(undefined, folder)).toBeUndefined()
  await rm(join(folder, "blender"))
})

test("what is there, what is missing and what is wrong is told with what to do", async () => {
  const { state, detail } = await check(blender)
  expect(state).toBe("ok")
  // Within the time of a check, a busy machine may not get to its version.
  expect([`Blender 3.4.1, ${blender}`, `${blender}, too busy to tell its version`]).toContain(detail)
  expect(await check(join(folder, "nothing"))).toEqual({
    state: "failing",
    detail: `${join(folder, "nothing")} is no program that can be run`,
    hint: "Correct BLENDER_PATH.",
  })
  const other = join(folder, "other")
  await writeFile(other, "#!/bin/sh\necho hello\n")
  await chmod(other, 0o755)
  await expect.poll(() => check(other)).toMatchObject({ state: "failing", hint: "Correct BLENDER_PATH." })
  vi.stubEnv("PATH", folder)
  expect(await check()).toMatchObject({ state: "absent", hint: expect.stringContaining("BLENDER_PATH") })
  vi.unstubAllEnvs()
})
