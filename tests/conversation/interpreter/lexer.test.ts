import { expect, test } from "vitest"
import { lex } from "#src/conversation/interpreter/lexer.ts"

const amounts = (text: string) =>
  lex(text)
    .filter((it) => it.kind === "number")
    .map((it) => (it.unit ? `${it.value} × ${it.unit.factor} ${it.unit.kind}` : String(it.value)))

test.each([
  ["1.5", ["1.5"]],
  ["1,5 mm", ["1.5 × 1 length"]],
  [".5 ct", ["0.5 × 1 carat"]],
  ["1 1/4", ["1.25"]],
  ["7-1/2", ["7.5"]],
  ["6½", ["6.5"]],
  ["¾ carat", ["0.75 × 1 carat"]],
  ["half a carat", ["0.5 × 1 carat"]],
  ["three quarters of a carat", ["0.75 × 1 carat"]],
  ["one and a half carats", ["1.5 × 1 carat"]],
  ["7 and a half", ["7.5"]],
  ["one point two five carats", ["1.25 × 1 carat"]],
  ["twenty five", ["25"]],
  ["two-millimetre", ["2 × 1 length"]],
  ["0.3 cm", ["0.3 × 10 length"]],
  ["a carat", ["1 × 1 carat"]],
  ["1.3 %", ["1.3 × 1 share"]],
  ["-2 mm", ["-2 × 1 length"]],
  ["2-3 mm", ["2", "3 × 1 length"]],
  ["18ct gold with 1ct", ["1 × 1 carat"]],
])("%s holds the numbers %j", (text, expected) => {
  expect(amounts(text)).toEqual(expected)
})

test("karat of gold is one word, carats of stone are a number", () => {
  expect(
    lex("14 karat gold, 14kt, 18 carat yellow gold, 18 carats")
      .map((it) => it.word)
      .filter((it) => it !== ","),
  ).toEqual(["14k", "gold", "14k", "18k", "yellow", "gold", "18"])
})

test("a number that can be read in two ways stays unread, and visible", () => {
  expect(lex("1,500 mm").map((it) => [it.kind, it.raw])).toEqual([
    ["symbol", "1,500"],
    ["word", "mm"],
  ])
})

test("every visible character of a sentence belongs to a token", () => {
  const text = 'a "b c" 3mf $5 €/x #7 ~~no~~ <i> 2×3 w/o it’s d_2f8a-1'
  const covered = lex(text)
    .map((it) => text.slice(it.start, it.end))
    .join("")
  expect(covered.replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""))
})
