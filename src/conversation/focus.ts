import type { Outcome } from "#src/conversation/carry-out.ts"
import type { ConversationParts } from "#src/conversation/parts.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import type { Memory } from "#src/conversation/threads.ts"
import type { Item, Items } from "#src/studio.ts"

const MAX_CALLS = 5
/** Kept settings are changed, but nobody means them with "it". */
const NOT_WORKED_ON = new Set(["presets"])
const LOOKED_AT = 5
const MAX_CALL_CHARACTERS = 4_000

/** What "it" means now: the item of the last calls, at whatever revision it is by now; before any, the one worked on last. */
export async function focusOf(
  memory: Memory,
  accountId: string,
  { items, parametersOf }: Pick<ConversationParts, "items" | "parametersOf">,
): Promise<Focus | undefined> {
  const known = memory.itemId === undefined ? undefined : items.get(accountId, memory.itemId)
  const item = known ?? items.list(accountId, { limit: LOOKED_AT }).find(({ kind }) => !NOT_WORKED_ON.has(kind))
  if (!item) return undefined
  const revision = items.revision(item.id, item.head)
  const parameters = await parametersOf?.(item.kind, revision?.data)
  const lastCall = memory.itemId === item.id ? memory.calls?.at(-1) : undefined
  return {
    itemId: item.id,
    kind: item.kind,
    name: item.name,
    revision: item.head,
    ...(revision?.parent ? { previousRevision: revision.parent } : {}),
    ...(parameters ? { parameters } : {}),
    ...(lastCall ? { lastCall } : {}),
    ...(memory.previousItemId === undefined ? {} : { previousItemId: memory.previousItemId }),
  }
}

/** Notes what a call worked on; says so when it was an item. */
export function noteOutcome(
  memory: Memory,
  { outcome, call, data }: Outcome,
  accountId: string,
  items: Pick<Items, "get">,
): { itemId: string; revision: number } | undefined {
  if (outcome !== "done" || !call) return undefined
  if (JSON.stringify(call).length <= MAX_CALL_CHARACTERS)
    memory.calls = [...(memory.calls ?? []), call].slice(-MAX_CALLS)
  const item = itemIn(data, accountId, items)
  if (!item) return undefined
  if (memory.itemId !== undefined && memory.itemId !== item.id) memory.previousItemId = memory.itemId
  memory.itemId = item.id
  const { revision } = data
  return { itemId: item.id, revision: typeof revision === "number" ? revision : item.head }
}

/** Tools name the item that they worked on in the field of its kind: { design: "itm_…" }. */
function itemIn(data: Outcome["data"], accountId: string, items: Pick<Items, "get">): Item | undefined {
  for (const [kind, id] of Object.entries(data)) {
    const item = typeof id === "string" ? items.get(accountId, id) : undefined
    if (item?.kind === kind) return item
  }
  return undefined
}
