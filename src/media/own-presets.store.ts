import { UserError } from "#src/errors.ts"
import { findOwnPreset, MAX_OWN_PRESETS, ownPresetsSchema } from "#src/media/own-preset.ts"
import type { OwnPreset } from "#src/media/own-preset.ts"
import type { Caller, Item, Items } from "#src/studio.ts"

const KIND = "presets"
const NAME = "Model presets"

/** The caller's presets. They are one item, so that every change can be undone. */
export function listOwnPresets(items: Items, { accountId }: Caller): OwnPreset[] {
  return read(items, accountId).presets
}

/** Adds a preset, or replaces the one of that name. Throws UserError "too_large". */
export function saveOwnPreset(items: Items, { accountId }: Caller, preset: OwnPreset): { replaced: boolean } {
  const { item, presets } = read(items, accountId)
  const old = findOwnPreset(presets, preset.name)
  const rest = presets.filter((one) => one !== old)
  if (rest.length >= MAX_OWN_PRESETS)
    throw new UserError(
      `You have ${rest.length} presets.`,
      `At most ${MAX_OWN_PRESETS} are kept: delete one first.`,
      "too_large",
    )
  write(items, accountId, item, [...rest, preset], `${old ? "changed" : "added"} ${preset.name}`)
  return { replaced: old !== undefined }
}

/** Throws UserError "not_found". */
export function deleteOwnPreset(items: Items, { accountId }: Caller, name: string): OwnPreset {
  const { item, presets } = read(items, accountId)
  const old = findOwnPreset(presets, name)
  if (!old)
    throw new UserError(
      `You have no preset "${name.slice(0, 80)}".`,
      presets.length > 0 ? `You have ${presets.map((one) => one.name).join(", ")}.` : "You have saved none.",
      "not_found",
    )
  write(
    items,
    accountId,
    item,
    presets.filter((one) => one !== old),
    `deleted ${old.name}`,
  )
  return old
}

function read(items: Items, accountId: string): { item: Item | undefined; presets: OwnPreset[] } {
  const [item] = items.list(accountId, { kind: KIND, limit: 1 })
  const data = item && items.revision(item.id, item.head)?.data
  return { item, presets: data === undefined ? [] : ownPresetsSchema.parse(data).presets }
}

function write(items: Items, accountId: string, item: Item | undefined, presets: OwnPreset[], note: string): void {
  const data = { presets }
  if (item) items.revise(accountId, item.id, { expectedHead: item.head, data, note })
  else items.create({ accountId, projectId: items.currentProject(accountId).id, kind: KIND, name: NAME, data, note })
}
