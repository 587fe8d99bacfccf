import { expect, test } from "vitest"
import { jsonEntries } from "#workers/backends/comfyui/json-entries.ts"

async function* inPieces(text: string, size: number) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

async function all(text: string, size = 7, entryChars = 1_000) {
  const found: [string, unknown][] = []
  for await (const entry of jsonEntries(inPieces(text, size), { entryChars })) found.push(entry)
  return Object.fromEntries(found)
}

test("an object comes entry by entry, however it is cut into pieces", async () => {
  const object = {
    KSampler: { input: { required: { cfg: ["FLOAT", { min: 0 }], 'a "quoted\\" one': [["a", "b,c"], {}] } } },
    "Größe, {Maße}": ["[", "]", "}", "\\", '"'],
    empty: {},
  }
  for (const size of [1, 2, 3, 7, 1_000]) expect(await all(JSON.stringify(object, null, 2), size)).toEqual(object)
  expect(await all(" { } ")).toEqual({})
})

test("what Python writes for numbers that JSON does not have is nothing, and stays as it is inside texts", async () => {
  expect(await all('{"a": {"max": Infinity, "min": -Infinity, "is": [NaN, 1]}, "b": "NaN, Infinity"}')).toEqual({
    a: { max: null, min: null, is: [null, 1] },
    b: "NaN, Infinity",
  })
})

test("an entry that is too long or broken is left out, and the others come", async () => {
  expect(await all(`{"a": 1, "long": "${"x".repeat(5_000)}", "b": 2, "broken": tru, "c": 3}`)).toEqual({
    a: 1,
    b: 2,
    c: 3,
  })
})

test("an object that ends in the middle is no object", async () => {
  await expect(all('{"a": 1, "b": {"c": ')).rejects.toThrow("ended in the middle")
  await expect(all("")).rejects.toThrow("ended in the middle")
})
