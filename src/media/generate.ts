import type { z } from "zod"
import { UserError } from "#src/errors.ts"
import { contentGroup, contentKey, runJob } from "#src/job.ts"
import { defaultChoices, namedChoices, ownChoice } from "#src/media/choices.ts"
import { chooseOrder } from "#src/media/choose.ts"
import type { MediaAnswer } from "#src/media/fields.ts"
import type { job as imageJob } from "#src/media/image.job.ts"
import type { Order } from "#src/media/order.ts"
import { findOwnPreset, withOwnPreset } from "#src/media/own-preset.ts"
import { listOwnPresets } from "#src/media/own-presets.store.ts"
import { takeStock } from "#src/media/stocks.ts"
import type { job as videoJob } from "#src/media/video.job.ts"
import type { Wish } from "#src/media/wish.ts"
import type { Studio } from "#src/studio.ts"
import type { Reply } from "#src/tool.ts"

/** Raise when the same order would give other bytes: what was made before is then not given again. */
const MEDIA_VERSION = 1
const MAX_TITLE = 70

export interface Asked {
  wish: Omit<Wish, "quality" | "sources"> & { quality?: Wish["quality"] | undefined }
  preset: string | undefined
  /** Ids of the pictures that go in. */
  pictures: readonly string[]
  /** The seed is the person's own: the same call may be answered by what it gave before. */
  isSeedGiven: boolean
  waitS: number
  /** Only this server, by id. */
  server?: string
}

/** Settles what was asked for, has it made, and answers. Throws UserError for what cannot be done, saying what is missing. */
export async function generate(
  studio: Studio,
  job: typeof imageJob | typeof videoJob,
  { wish: asked, preset, pictures, isSeedGiven, waitS, server }: Asked,
): Promise<Reply<MediaAnswer>> {
  const wish: Wish = {
    ...asked,
    quality: asked.quality ?? "standard",
    sources: pictures.map((id) => sourceOf(studio, id)),
  }
  const order = settle(studio, wish, { preset, isQualityGiven: asked.quality !== undefined, server })
  const content = contentOf(order)
  const payload: z.input<(typeof imageJob)["payload"]> = {
    order,
    name: nameOf(order.prompt),
    group: contentGroup(content),
    ...(server === undefined ? {} : { server }),
  }
  const noun = order.makes === "image" ? "Picture" : "Video"
  const { view, reply, result } = await runJob(studio, job, payload, {
    title: `${noun}: ${shorten(order.prompt, MAX_TITLE)}`,
    waitS,
    ...(isSeedGiven ? { cacheKey: contentKey(job.type, MEDIA_VERSION, content) } : {}),
  })
  // A job that is done and was never started is an earlier one's result.
  const reused = result !== undefined && view.attempt === 0
  return {
    ...reply,
    say: [
      result ? reply.say : `${order.title}, ${seedWords(order.seeds)}. ${reply.say}`,
      ...(reused ? ["The same order had been carried out before: this is its result, and nothing was charged."] : []),
    ].join("\n"),
    data: { preset: order.preset, seeds: order.seeds, reused, ...(result ? { effective: result.effective } : {}) },
    job: { id: view.id, state: view.state },
  }
}

interface Given {
  preset: string | undefined
  isQualityGiven: boolean
  server: string | undefined
}

function settle(studio: Studio, wish: Wish, { preset, isQualityGiven, server }: Given): Order {
  const every = takeStock(studio.servers)
  const stocks = { ...every, all: every.all.filter((one) => server === undefined || one.server.id === server) }
  if (preset === undefined) return chooseOrder(stocks, defaultChoices(stocks, wish.makes), wish)
  const own = findOwnPreset(listOwnPresets(studio.items, studio.caller), preset)
  if (!own) return chooseOrder(stocks, namedChoices(stocks, preset, wish.makes), wish)
  if (own.makes !== wish.makes)
    throw new UserError(
      `Your preset "${own.name}" makes ${own.makes === "image" ? "pictures" : "videos"}.`,
      `Use ${own.makes}_generate with it.`,
    )
  return chooseOrder(stocks, [ownChoice(stocks, own)], withOwnPreset(wish, own, isQualityGiven))
}

const PICTURES = new Set(["image/png", "image/jpeg", "image/webp"])

function sourceOf({ artifacts, caller }: Studio, id: string): Order["sources"][number] {
  const artifact = artifacts.get(id)
  if (artifact?.accountId !== caller.accountId)
    throw new UserError(
      `There is no file "${id.slice(0, 80)}" of yours.`,
      "Give the id of a picture that you attached or that was made here.",
      "not_found",
    )
  if (!PICTURES.has(artifact.mediaType))
    throw new UserError(`${artifact.name} is ${artifact.mediaType}, not a picture.`, "PNG, JPEG and WebP are taken.")
  return { artifact: artifact.id, sha256: artifact.sha256 }
}

/** What decides the result; not how it is called, how long it takes, and from which upload a picture came. */
function contentOf(order: Order): unknown {
  const { preset: _preset, notes: _notes, seconds: _seconds, vramMb: _vramMb, sources, ...rest } = order
  return { ...rest, sources: sources.map(({ sha256 }) => sha256) }
}

/** "a red coat, street at night" → "a-red-coat-street-at-night". */
function nameOf(prompt: string): string {
  const words = prompt
    .toLowerCase()
    .normalize("NFKD")
    .match(/[\p{L}\p{N}]+/gu)
  return words?.slice(0, 8).join("-").slice(0, 60) || "picture"
}

function shorten(text: string, most: number): string {
  const line = text.replaceAll(/\s+/g, " ")
  return line.length > most ? `${line.slice(0, most - 1)}…` : line
}

function seedWords(seeds: readonly number[]): string {
  return `${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}`
}
