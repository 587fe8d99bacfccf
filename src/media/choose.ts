import { UserError } from "#src/errors.ts"
import type { Inventory } from "#src/media/inventory.ts"
import { needsOf } from "#src/media/needs.ts"
import type { Order } from "#src/media/order.ts"
import { planOrder } from "#src/media/plan.ts"
import type { Found } from "#src/media/plan.ts"
import { buildsFor } from "#src/media/own-model.ts"
import { folderOf, placeOf } from "#src/media/preset.ts"
import type { Build, Files, Role, Way } from "#src/media/preset.ts"
import type { Stocks } from "#src/media/stocks.ts"
import { waysOf } from "#src/media/wish.ts"
import type { Choice, Wish } from "#src/media/wish.ts"
import type { ServerView } from "#src/studio.ts"

/** Something that would run if the files were there. */
interface Near {
  choice: Choice
  server: ServerView
  missing: string[]
}

/**
 * The order for the first choice that a connected server can run, with the files as that server names them. Throws
 * UserError with what is missing when none can.
 */
export function chooseOrder(stocks: Stocks, choices: readonly Choice[], wish: Wish): Order {
  const ways = waysOf(wish)
  const able = choices.filter((choice) => ways.some((way) => buildsFor(choice, way).length > 0))
  const [first] = able
  if (!first) throw wrongWay(choices, wish)
  const bearing = able.filter(({ preset }) => wish.loras.length <= preset.maxLoras)
  if (bearing.length === 0) throw tooManyLoras(first, wish)
  let near: Near | undefined
  let obstacle: { problem: string; hint: string } | undefined
  for (const way of ways)
    for (const choice of bearing)
      for (const { server, files } of stocks.all.filter((it) => choice.preset.kinds.includes(it.server.kind)))
        for (const build of buildsFor(choice, way)) {
          const stock = takeFiles(build, wish, files)
          if (stock.missing.length > 0) {
            if (!near || stock.missing.length < near.missing.length) near = { choice, server, missing: stock.missing }
            continue
          }
          const order = planOrder(choice, { build, way, ...stock }, wish)
          const match = stocks.servers.match(needsOf(order))
          if (match.ok) return order
          obstacle ??= { problem: `${choice.label}: ${match.problem}`, hint: match.hint }
        }
  throw unable(stocks, able, wish, { near, obstacle })
}

type Taken = Pick<Found, "files" | "loras" | "isBoosted"> & { missing: string[] }

/** The files of a build as a server names them; `missing` with their places. */
function takeFiles(build: Build, wish: Wish, inventory: Inventory): Taken {
  const taken: Partial<Record<Role, string>> = {}
  const missing: string[] = []
  for (const [role, names] of entriesOf(build.files)) {
    if (role === "refiner" && !wantsRefiner(wish)) continue
    // A server that does not list its models may have any.
    const found =
      inventory.find(folderOf[role], names) ?? (role === "remote" && inventory.isEmpty ? names[0] : undefined)
    if (found !== undefined) taken[role] = found
    else if (!build.optional?.includes(role)) missing.push(placeOf(role, names[0] ?? ""))
  }
  const boost = wish.quality === "fast" && wish.steps === undefined && wish.cfg === undefined ? build.boost : undefined
  const boosts = entriesOf(boost?.files ?? {}).map(([role, names]) => [role, inventory.find("loras", names)] as const)
  const isBoosted = boosts.length > 0 && boosts.every(([, found]) => found !== undefined)
  if (isBoosted) for (const [role, found] of boosts) if (found !== undefined) taken[role] = found
  const loras = wish.loras.map(({ name, weight }) => {
    const found = inventory.find("loras", [name, `${name}.safetensors`])
    if (found === undefined) missing.push(placeOf("boost", /\.\w+$/.test(name) ? name : `${name}.safetensors`))
    return { name: found ?? name, weight }
  })
  return { files: taken, loras, isBoosted, missing }
}

/** Only from words alone and without LoRAs, which the refiner does not know. */
function wantsRefiner({ quality, sources, loras }: Wish): boolean {
  return quality !== "fast" && sources.length === 0 && loras.length === 0
}

// An object with these keys has no others: it is written in our own presets.
const entriesOf = (files: Files) => Object.entries(files) as [Role, readonly string[]][]

function tooManyLoras({ preset }: Choice, { loras }: Wish): UserError {
  return new UserError(
    `${preset.title} takes at most ${preset.maxLoras} LoRAs; these are ${loras.length}.`,
    preset.maxLoras === 0 ? "Leave them out." : "Leave some out, or merge them.",
  )
}

function wrongWay(choices: readonly Choice[], { sources, makes }: Wish): UserError {
  const [only] = choices
  if (!only || choices.some(({ preset }) => preset !== only.preset))
    return new UserError(
      `No preset makes ${makes === "image" ? "a picture" : "a video"} from ${sources.length} pictures.`,
      "Give fewer.",
    )
  const { preset, label } = only
  if (preset.refused) return new UserError(preset.refused.problem, preset.refused.hint)
  const ways = ALL_WAYS.filter((way) => buildsFor(only, way).length > 0)
  const can = ways.map((way) => WAY_WORDS[way]).join(" or ")
  return new UserError(`${label} works from ${can}.`, HINTS[preset.makes])
}

const ALL_WAYS: readonly Way[] = ["text", "image", "edit", "first", "first_last"]
const WAY_WORDS: Record<Way, string> = {
  text: "words alone",
  image: "one picture and a strength",
  edit: "one to three pictures and an instruction",
  first: "a first frame",
  first_last: "a first and a last frame",
}
const HINTS = {
  image: "Give the pictures it needs in `images`, or name another preset.",
  video: "Give the frames it needs in `first_frame` and `last_frame`, or name another preset.",
}

/** Why nothing can run, with the nearest way out. */
function unable(
  { servers }: Stocks,
  choices: readonly Choice[],
  wish: Wish,
  { near, obstacle }: { near: Near | undefined; obstacle: { problem: string; hint: string } | undefined },
): UserError {
  if (obstacle) return new UserError(obstacle.problem, obstacle.hint, "backend")
  const noun = wish.makes === "image" ? "picture" : "video"
  const kinds = new Set(choices.flatMap(({ preset }) => preset.kinds))
  const match = servers.match({ kinds: [...kinds], signature: "", requires: [] })
  if (!match.ok) {
    const isNone = servers.list().every((server) => !kinds.has(server.kind))
    return new UserError(isNone ? `No ${noun} generator is connected.` : match.problem, match.hint, "backend")
  }
  if (!near)
    return new UserError(
      "No connected server says which models it has.",
      "Have an admin probe the servers again.",
      "backend",
    )
  const files = near.missing
  const told = `${files.slice(0, 4).join(", ")}${files.length > 4 ? ` and ${files.length - 4} more` : ""}`
  const start = choices.every(({ preset }) => preset === near.choice.preset)
    ? `No connected server can run ${near.choice.label}.`
    : `No connected server has a model for this. ${near.choice.label} comes closest.`
  return new UserError(
    `${start} ${near.server.name} lacks ${told}.`,
    "Put the files there and have the server probed again, or name another preset: preset_edit lists what each needs.",
    "backend",
  )
}
