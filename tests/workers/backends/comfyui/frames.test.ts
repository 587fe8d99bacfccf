import { expect, test } from "vitest"
import { readBinary, readText } from "#workers/backends/comfyui/frames.ts"

const words = (...values: number[]) => {
  const out = Buffer.alloc(values.length * 4)
  values.forEach((value, at) => out.writeUInt32BE(value, at * 4))
  return out
}
const binary = (...parts: Uint8Array[]) => readBinary(new Uint8Array(Buffer.concat(parts)))
const event = (type: string, data: unknown) => readText(JSON.stringify({ type, data }))

test("events that end a run name it, and the bare one after a reconnection names nothing", () => {
  const ended = { kind: "ended", promptId: "p" }
  expect(event("execution_success", { prompt_id: "p", timestamp: 1 })).toEqual(ended)
  expect(event("execution_error", { prompt_id: "p", current_inputs: { x: [1] } })).toEqual(ended)
  expect(event("executing", { node: null, prompt_id: "p" })).toEqual(ended)
  expect(event("executing", { node: "3", prompt_id: "p" })).toEqual({ kind: "node", promptId: "p", node: "3" })
  expect(event("executing", { node: "3" })).toEqual({ kind: "other" })
})

test("the tensors of an error, however many, are not read: the sender is asked instead", () => {
  expect(event("execution_error", { prompt_id: "p", current_inputs: "x".repeat(2_000_000) })).toBeUndefined()
})

test.each(["", "{", "[]", "null", '{"type": 3}'])("%j is nothing", (text) => {
  expect(readText(text)).toBeUndefined()
})

test("pictures come with the id of their run when it was asked for, and without it when not", () => {
  const picture = Buffer.from([1, 2, 3])
  const about = Buffer.from(JSON.stringify({ prompt_id: "p", node_id: "3", image_type: "image/jpeg" }))
  expect(binary(words(4, about.byteLength), about, picture)).toEqual({
    kind: "preview",
    promptId: "p",
    mediaType: "image/jpeg",
    bytes: new Uint8Array(picture),
  })
  expect(binary(words(1, 2), picture)).toMatchObject({ kind: "preview", promptId: undefined, mediaType: "image/png" })
  expect(binary(words(3, 2), Buffer.from("12hello"))).toEqual({ kind: "text", node: "12", text: "hello" })
})

test("lengths that reach beyond the frame, and things that are no pictures, are refused", () => {
  const about = Buffer.from(JSON.stringify({ prompt_id: "p", image_type: "text/html" }))
  expect(binary(words(4, 0xffffffff), about)).toBeUndefined()
  expect(binary(words(4, about.byteLength), about)).toBeUndefined()
  expect(binary(words(3, 9), Buffer.from("12"))).toBeUndefined()
  expect(binary(words(4))).toBeUndefined()
  expect(binary(words(99, 0))).toEqual({ kind: "other" })
})
