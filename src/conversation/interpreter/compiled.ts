import { compileTool } from "#src/conversation/interpreter/grammar.ts"
import type { Entry } from "#src/conversation/interpreter/rank.ts"
import { vocabularyOf } from "#src/conversation/interpreter/vocabulary.ts"
import type { Tool } from "#src/tool.ts"

/** Compiling takes milliseconds a tool and gives the same for the same tool, whatever list it stands in. */
const compiled = new WeakMap<Tool, Entry>()

/** What sentences can say about a tool, compiled once. */
export function entryOf(tool: Tool): Entry {
  const known = compiled.get(tool)
  if (known) return known
  const grammar = compileTool(tool)
  const entry = { grammar, words: vocabularyOf(grammar) }
  compiled.set(tool, entry)
  return entry
}
