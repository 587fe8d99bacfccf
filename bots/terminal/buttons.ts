import { harmless } from "#bots/terminal/printer.ts"
import type { Block, Doc } from "#src/conversation/document.ts"

type Button = Extract<Block, { kind: "button" }>

/** The buttons of an answer, in the order in which they are numbered for typing. */
function buttonsOf(doc: Doc): Button[] {
  return doc.filter((block) => block.kind === "button")
}

/** A numbered line for each button; how many there are. */
export function printButtons(doc: Doc, write: (line: string) => void): number {
  const buttons = buttonsOf(doc)
  for (const [index, button] of buttons.entries()) write(`  ${index + 1}. ${harmless(button.label)}`)
  return buttons.length
}

/** A number names a button of the last answer; "yes" the one that agrees, "no" the one that does not. */
export function buttonFor(line: string, last: Doc): string | undefined {
  const buttons = buttonsOf(last)
  const text = line.toLowerCase()
  if (/^\d{1,2}$/.test(text)) return buttons[Number(text) - 1]?.id
  const agrees = buttons.filter((button) => button.tone !== "plain")
  if (/^(y|yes)$/.test(text) && agrees.length === 1) return agrees[0]?.id
  return buttons.find((button) => button.label.toLowerCase() === text)?.id
}
