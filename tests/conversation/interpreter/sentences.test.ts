import { isDeepStrictEqual } from "node:util"
import { beforeAll, describe, expect, test } from "vitest"
import { createInterpreter, type Interpreter } from "#src/conversation/interpreter/interpret.ts"
import { chat, heldOut, plain, traps, type Sentence } from "#tests/conversation/interpreter/sentences.ts"
import { followUps } from "#tests/conversation/interpreter/strangers/follow-ups.ts"
import { misread } from "#tests/conversation/interpreter/strangers/misread.ts"
import { orders } from "#tests/conversation/interpreter/strangers/orders.ts"
import { requests } from "#tests/conversation/interpreter/strangers/requests.ts"
import { loadRegistry } from "#tools/registry.ts"

let interpreter: Interpreter

beforeAll(async () => {
  const registry = await loadRegistry(["design", "export", "media", "studio"])
  interpreter = createInterpreter(registry.visible("user"))
})

type Verdict = "exact" | "asked" | "wrong"

/** wrong = carried out, but not as meant. A needless question is no error, only no success. */
function judge({ say, expect: expected }: Sentence): Verdict {
  const reading = interpreter.read(say)
  if (!reading.certain) return "asks" in expected ? "exact" : "asked"
  const call = reading.calls[0]
  return "tool" in expected && call?.tool === expected.tool && isDeepStrictEqual(call.input, expected.input)
    ? "exact"
    : "wrong"
}

describe.each([
  { name: "plain", set: plain, least: 0.95 },
  { name: "held out", set: heldOut, least: 0.95 },
  { name: "chat", set: chat, least: 0 },
  { name: "traps", set: traps, least: 0 },
  { name: "strangers' orders", set: orders, least: 0.95 },
  { name: "follow-up", set: followUps, least: 0.95 },
  { name: "requests", set: requests, least: 0.95 },
  { name: "once misread", set: misread, least: 1 },
])("the $name sentences", ({ set, least }) => {
  test("none is carried out otherwise than it was meant", () => {
    expect(set.filter((it) => judge(it) === "wrong").map((it) => [it.say, interpreter.read(it.say).calls[0]])).toEqual(
      [],
    )
  })

  test(`at least ${least * 100} % are read exactly`, () => {
    const missed = set.filter((it) => judge(it) !== "exact").map((it) => it.say)
    expect(1 - missed.length / set.length, missed.join("\n")).toBeGreaterThanOrEqual(least)
  })
})

test.each([...chat, ...traps].filter((it) => "asks" in it.expect))(
  "$say: asks, and names what it did not use",
  ({ say, expect: expected }) => {
    if (!("asks" in expected)) return
    const reading = interpreter.read(say)
    expect(reading.certain).toBe(false)
    expect(reading.asks.map((it) => it.kind)).toContain(expected.asks)
    for (const word of expected.unused ?? []) expect(reading.unused.join(" ")).toContain(word)
  },
)

test("the tables hold at least 60 sentences", () => {
  expect(plain.length + heldOut.length + chat.length + traps.length).toBeGreaterThanOrEqual(60)
})

test("every example of the design and export tools is read as its own call", async () => {
  const registry = await loadRegistry(["design", "export", "media", "studio"])
  const examples = registry
    .visible("user")
    .filter((tool) => tool.name.startsWith("design") || tool.name.startsWith("export"))
  for (const tool of examples)
    for (const { say, input } of tool.examples) {
      const reading = interpreter.read(say)
      expect([say, reading.asks, reading.calls[0]?.tool]).toEqual([say, [], tool.name])
      expect(reading.calls[0]?.input).toMatchObject(input)
    }
})

test("one word more or less of any content makes a plain sentence ask", () => {
  for (const word of ["oval", "seventeen", "bigger", "zzyzx", "halo", "not"])
    for (const { say } of plain)
      expect([say, word, interpreter.read(`${say} ${word}`).certain]).toEqual([say, word, false])
})

test.each([
  ["a gold ring", ["14k_yellow_gold for gold"]],
  ["a rose gold ring with a garnet", ["14k_rose_gold for rose gold", "almandine for garnet"]],
  ["a 14k white gold ring with a ruby, US 7", []],
  ["a sterling silver ring", []],
  ["make it platinum", ["platinum_950 for platinum"]],
])("%s: names what was taken for words that fit more than one value", (say, expected) => {
  const spans = interpreter.read(say).calls.flatMap((it) => it.spans)
  expect(spans.filter((it) => it.assumed).map((it) => `${String(it.value)} for ${it.text}`)).toEqual(expected)
})

test("a doubtful reading says what it doubts", () => {
  const questions = (say: string) => interpreter.read(say).asks.map((it) => it.question)
  expect(questions("an 18ct ring").join()).toContain('Is "18ct" the weight of the stone or the fineness of the gold')
  expect(questions("gold ring with diamonds")).toEqual(['I can only take one for "diamonds". Go on with one?'])
  expect(questions("go back to gold").join()).toContain('"go back" takes no value (Go back one revision)')
})
