import type { Hono } from "hono"
import { json } from "#bots/web/api/answer.ts"
import { fieldsOf } from "#bots/web/api/fields.ts"
import type { Visit, WebEnv, WebParts } from "#bots/web/api/parts.ts"
import { filesOf, isModel, isPicture, itemCard, webFile } from "#bots/web/api/render.ts"
import type { ItemCard, ItemDetail } from "#bots/web/api/types.ts"
import { UserError } from "#src/errors.ts"
import { contentGroup } from "#src/job.ts"
import { contentBytes, hasNext, history } from "#src/platform/store/history.ts"
import type { Item } from "#src/studio.ts"

const MAX_ITEMS = 200
const MAX_HISTORY = 200

/** What the person has made: the outliner, one thing with its files and history, and the controls of its panel. */
export function routeItems(app: Hono<WebEnv>, parts: WebParts): void {
  app.get("/api/items", (context) => {
    const { caller } = context.get("visit")
    const kind = context.req.query("kind")
    const limit = Number(/^\d{1,4}$/.exec(context.req.query("limit") ?? "")?.[0] ?? 50)
    return json(itemCards(parts, caller.accountId, { limit, ...(kind ? { kind: kind.slice(0, 80) } : {}) }))
  })
  app.get("/api/items/:id", async (context) => {
    const item = mustOwn(parts, context.get("visit"), context.req.param("id"))
    const wanted = context.req.query("revision")
    return json(await detail(parts, item, wanted === undefined ? item.head : Number(wanted)))
  })
  app.get("/api/items/:id/fields", async (context) => {
    const visit = context.get("visit")
    const item = mustOwn(parts, visit, context.req.param("id"))
    return json(fieldsOf(await parts.registry(), visit.caller.role, item))
  })
}

export function itemCards(
  parts: WebParts,
  accountId: string,
  filter: { kind?: string; limit: number } = { limit: 50 },
): ItemCard[] {
  const limit = Math.min(filter.limit, MAX_ITEMS)
  return parts.services.items.list(accountId, { ...filter, limit }).map((item) => cardOf(parts, item))
}

export function cardOf({ services, db }: Pick<WebParts, "services" | "db">, item: Item): ItemCard {
  return itemCard(services, item, contentBytes(db, item.id, item.head))
}

function mustOwn({ services }: WebParts, { caller }: Visit, id: string): Item {
  const item = services.items.get(caller.accountId, id)
  if (!item) throw new UserError("There is no such item.", "It may have been deleted.", "not_found")
  return item
}

async function detail(parts: WebParts, item: Item, number: number): Promise<ItemDetail> {
  const { services, db } = parts
  const revision = Number.isSafeInteger(number) ? services.items.revision(item.id, number) : undefined
  if (!revision) throw new UserError(`${item.name} has no such revision.`, "Choose one of its history.", "not_found")
  const files = filesOf(services, revision)
  const [model, picture] = [files.findLast(isModel), files.findLast(isPicture)]
  const words = await parts.describe(item.kind, revision.data)
  const web = (file: (typeof files)[number]) => webFile(services.artifacts, file)
  return {
    item: cardOf(parts, item),
    revision: {
      number: revision.number,
      parent: revision.parent,
      note: revision.note,
      createdAt: revision.createdAt,
    },
    history: history(db, item.id, MAX_HISTORY),
    canUndo: services.items.revision(item.id, item.head)?.parent !== null,
    canRedo: hasNext(db, item.id, item.head),
    description: words?.description ?? "",
    parameters: words?.parameters ?? {},
    group: contentGroup(revision.data),
    files: files.map(web),
    ...(model ? { model: web(model) } : {}),
    ...(picture ? { picture: web(picture) } : {}),
  }
}
