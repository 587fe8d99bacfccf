import { entryOf } from "#src/conversation/interpreter/compiled.ts"
import { slotsIn, wordsOf } from "#src/conversation/interpreter/grammar.ts"
import type { Listed, Slot } from "#src/conversation/interpreter/grammar.ts"
import { lex } from "#src/conversation/interpreter/lexer.ts"
import { isFiller, setPath } from "#src/conversation/interpreter/read-tool.ts"
import type { ReadCall, Reading } from "#src/conversation/interpreter/reading.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import { editorOf } from "#src/conversation/rules/measures.ts"
import { doing } from "#src/conversation/rules/plan.ts"
import type { Context, Plan } from "#src/conversation/rules/plan.ts"
import { spoken } from "#src/conversation/rules/wording.ts"
import type { Tool } from "#src/tool.ts"

/**
 * Values in fewer words than they have, said of a thing that has one already: a number that was not said stays as it is. "Rose
 * gold" said of an 18k ring is 18k rose gold, and "18k" said of a white gold one is 18k white gold.
 */
export function keepingNumbers(reading: Reading, focus: Focus, tools: readonly Tool[]): Reading {
  const calls = reading.calls.map((call) => keptIn(call, focus, tools))
  return calls.every((call, at) => call === reading.calls[at]) ? reading : { ...reading, calls }
}

function keptIn(call: ReadCall, { kind, parameters }: Focus, tools: readonly Tool[]): ReadCall {
  const tool = tools.find((it) => it.name === call.tool)
  if (!tool || call.tool !== `${kind}_edit`) return call
  let kept = call
  for (const [at, span] of call.spans.entries()) {
    const key = span.field.split(".").at(-1) ?? ""
    const now = parameters?.[key]
    if (!span.assumed || typeof span.value !== "string" || typeof now !== "string") continue
    const value = withNumberOf(span.value, now, span.text, valuesOf(tool, key))
    if (value === undefined) continue
    const input = structuredClone(kept.input)
    setPath(input, span.field.split("."), value)
    kept = { ...kept, input, spans: kept.spans.with(at, { ...span, value }) }
  }
  return kept
}

/** The value that differs from `value` in nothing but the number, which is that of `now`; undefined when there is none. */
function withNumberOf(value: string, now: string, said: string, values: readonly Listed[]): string | undefined {
  const saidWords = lex(said).map((token) => token.word)
  const isNumber = (word: string) => /\d/.test(word)
  const numbers = wordsOf(now).filter(isNumber)
  const own = wordsOf(value)
  if (numbers.length === 0 || own.filter(isNumber).some((word) => saidWords.includes(word))) return undefined
  const wanted = [...own.filter((word) => !isNumber(word)), ...numbers].sort().join(" ")
  const found = values.find((it) => wordsOf(String(it.value)).sort().join(" ") === wanted)?.value
  return typeof found === "string" && found !== value ? found : undefined
}

function valuesOf(tool: Tool, key: string): Listed[] {
  const slot = slotsIn(entryOf(tool).grammar).find((it) => it.path.at(-1) === key)
  return slot ? listedOf(slot) : []
}

function listedOf(slot: Slot): Listed[] {
  const form = slot.forms.find((it) => it.kind === "listed")
  return form?.kind === "listed" && !form.many ? form.values : []
}

/** "make it 18k", "white instead", "in rose": some words of a value, completed by the rest of the value that is there now. */
export function readPartial(text: string, { focus, tools }: Context): Plan | undefined {
  const editor = focus && editorOf(tools, focus)
  if (!editor || !focus.parameters) return undefined
  const tokens = lex(text.replace(/^(?:make|turn|have) (?:it|this|that)\b|^(?:upgrade|change|switch|go)\b/i, ""))
  const said = tokens.filter((token) => token.kind !== "break" && !isFiller(token) && token.word !== "but")
  if (said.length === 0 || said.length > 3 || said.some((token) => token.kind !== "word")) return undefined
  const words = said.map((token) => token.word)
  const found = slotsIn(entryOf(editor.tool).grammar).flatMap((slot) => {
    const key = slot.path.at(-1) ?? ""
    const now = focus.parameters?.[key]
    const value = typeof now === "string" ? nearest(words, now, listedOf(slot)) : undefined
    return value === undefined ? [] : [{ key, value, label: slot.label }]
  })
  const [only, ...more] = found
  if (!only || more.length > 0) return undefined
  const label = `${only.label} ${spoken(only.value)} for "${said.map((token) => token.raw).join(" ")}"`
  return doing([editor.set({ [only.key]: only.value })], { assumed: [label] })
}

/** Of the values that can be said with these words the one that shares most with the value now; undefined when there is no such one. */
function nearest(words: readonly string[], now: string, values: readonly Listed[]): string | undefined {
  const wordsNow = new Set(wordsOf(now))
  const fitting = values.flatMap(({ value, phrases }) => {
    if (typeof value !== "string" || value === now) return []
    const kept = phrases.flatMap((phrase) => {
      const own = phrase.map((token) => token.word)
      const left = own.filter((word) => !words.includes(word))
      // All that was not said has to be as it is now.
      return words.every((word) => own.includes(word)) && left.every((word) => wordsNow.has(word)) ? [left.length] : []
    })
    return kept.length > 0 ? [{ value, kept: Math.max(...kept) }] : []
  })
  fitting.sort((a, b) => b.kept - a.kept)
  const [best, second] = fitting
  return best && best.kept > 0 && second?.kept !== best.kept ? best.value : undefined
}
