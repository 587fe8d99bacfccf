import type { Call } from "#src/conversation/result.ts"
import { makesNew } from "#src/conversation/rules/focus.ts"
import { asking, doing } from "#src/conversation/rules/plan.ts"
import type { Context, Plan } from "#src/conversation/rules/plan.ts"
import { assumedIn } from "#src/conversation/rules/wording.ts"

const MAX_PIECES = 4
const NEXT = /\s*(?:,\s*and\s+|,\s*|\s+and\s+)(?=(?:one|another(?: one)?)\s)/i
const ONE = /^(?:one|another(?: one)?)\s+/i

/** "a ring in gold and one in platinum": several pieces, each read as an order of its own. All or none. */
export function readPieces(sentence: string, { tools, interpreter }: Context): Plan | undefined {
  const [first = "", ...others] = sentence.split(NEXT)
  if (others.length === 0) return undefined
  const reading = interpreter.read(first)
  const call = reading.calls[0]
  const tool = tools.find((it) => it.name === call?.tool)
  // The noun of the first piece is the noun of all.
  const noun = call?.spans.find((it) => /^(piece|kind|type)$/.test(it.field))?.text
  if (!call || !reading.certain || !tool || !makesNew(tool) || !noun) return undefined
  if (others.length >= MAX_PIECES)
    return asking(`That would be ${others.length + 1} pieces. Up to ${MAX_PIECES} can be made at once.`)
  const calls: Call[] = [{ tool: call.tool, input: call.input }]
  const assumed = assumedIn(call)
  for (const other of others) {
    const next = interpreter.read(other.replace(ONE, `a ${noun} `))
    const made = next.calls[0]
    if (!made || !next.certain || made.tool !== call.tool) return undefined
    assumed.push(...assumedIn(made))
    calls.push({ tool: made.tool, input: made.input })
  }
  return doing(calls, { assumed })
}
