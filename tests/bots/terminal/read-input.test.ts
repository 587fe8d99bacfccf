import { Readable } from "node:stream"
import { expect, test } from "vitest"
import { readInput } from "#bots/terminal/read-input.ts"

test("a byte order mark before the JSON is passed over", async () => {
  expect(await readInput("-", Readable.from([Buffer.from('\uFEFF{"size":"7"}')]))).toEqual({ size: "7" })
})

test("bytes that are no text are refused", async () => {
  await expect(readInput("-", Readable.from([Buffer.from([0, 255, 254])]))).rejects.toThrow("The input is not JSON")
})
