import type { Call } from "#src/conversation/result.ts"
import { asking, offer } from "#src/conversation/rules/plan.ts"
import type { Context, Plan } from "#src/conversation/rules/plan.ts"
import { spoken } from "#src/conversation/rules/wording.ts"

/** What is left of a correction when the rejected part is taken away; the first group is what is wanted. */
const CORRECTIONS = [
  /^\W*(?:no|nope|nah)\b[\s,.!-]*(?:wait[\s,.!-]*)?(.+)$/i,
  /^(.+?)[\s,]+(?:instead of|rather than|not)\s+.+$/i,
  /^\W*not\s+[^,]+?(?:,\s*(?:but\s+)?|\s+but\s+)(.+)$/i,
  /^.+?[\s,]+no[\s,]+(?:wait[\s,]+)?(?:make it\s+)?(.+)$/i,
]

/** "No, size 8", "platinum instead of gold": never carried out at once; what seems to be wanted is offered for a yes. */
export function offerCorrection(
  sentence: string,
  context: Context,
  read: (text: string, context: Context) => Plan | undefined,
): Plan | undefined {
  for (const pattern of CORRECTIONS) {
    const wanted = pattern.exec(sentence)?.[1]
    const plan = wanted === undefined ? undefined : read(wanted, context)
    const [call, ...more] = plan?.stages.flat() ?? []
    if (!call || more.length > 0) continue
    return asking("What turns a sentence round is never carried out unasked. Is this what you mean?", [
      offer(`yes: ${shortly(call, context)}`, call),
    ])
  }
  return undefined
}

/** "Change a design: size 8". */
export function shortly({ tool, input }: Call, { tools }: Context): string {
  const title = tools.find((it) => it.name === tool)?.title ?? tool
  const operations: unknown = input["operations"]
  const flat = Array.isArray(operations)
    ? operations.flatMap((it: object) => Object.entries(it))
    : Object.entries(input)
  const parts = flat.map(([key, value]) =>
    key === "op" ? (value === "set" ? "" : String(value)) : `${spoken(key)} ${spoken(value)}`,
  )
  return `${title}: ${parts.filter(Boolean).join(", ")}`.slice(0, 120)
}
