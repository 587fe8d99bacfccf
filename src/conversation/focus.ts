import type { Outcome } from "#src/conversation/carry-out.ts"
import type { ConversationParts } from "#src/conversation/parts.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import type { Memory } from "#src/conversation/transcript.ts"
import type { Items } from "#src/studio.ts"

/** What "it" means now: the item of the last calls, at whatever revision it is by now; before any, the one worked on last. */
export async function focusOf(
  memory: Memory,
  accountId: string,
  { items, parametersOf }: Pick<ConversationParts, "items" | "parametersOf">,
): Promise<Focus | undefined> {
  const item = (memory.itemId && items.get(accountId, memory.itemId)) || items.list(accountId, { limit: 1 })[0]
  if (!item) return undefined
  const data = items.revision(item.id, item.head)?.data
  const parameters = await parametersOf?.(item.kind, data)
  return {
    itemId: item.id,
    kind: item.kind,
    name: item.name,
    revision: item.head,
    ...(parameters ? { parameters } : {}),
    ...(memory.lastCall && memory.itemId === item.id ? { lastCall: memory.lastCall } : {}),
    ...(memory.previousItemId === undefined ? {} : { previousItemId: memory.previousItemId }),
  }
}

/** Notes what a call worked on; says so when it was an item. */
export function remembered(
  memory: Memory,
  outcome: Outcome,
  accountId: string,
  items: Items,
): { itemId: string; revision: number } | undefined {
  if (outcome.outcome !== "done" || !outcome.call) return undefined
  memory.lastCall = outcome.call
  // Tools name the item that they worked on in the field of its kind: { design: "itm_…" }.
  for (const [kind, id] of Object.entries(outcome.data)) {
    const item = typeof id === "string" ? items.get(accountId, id) : undefined
    if (item?.kind !== kind) continue
    if (memory.itemId !== undefined && memory.itemId !== item.id) memory.previousItemId = memory.itemId
    memory.itemId = item.id
    return { itemId: item.id, revision: item.head }
  }
  return undefined
}
