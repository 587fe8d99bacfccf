import { secondsOf, snapFrames } from "#src/media/frames.ts"
import type { Order } from "#src/media/order.ts"
import type { Build, Role, Settings, Way } from "#src/media/preset.ts"
import { readSampler, readScheduler } from "#src/media/samplers.ts"
import { ratioOf, sizeFor, snapSize } from "#src/media/size.ts"
import type { Size } from "#src/media/size.ts"
import { DEFAULT_STRENGTH } from "#src/media/wish.ts"
import type { Choice, Wish } from "#src/media/wish.ts"

/** What will run: a build with the files of a server. */
export interface Found {
  build: Build
  way: Way
  files: Partial<Record<Role, string>>
  loras: Order["loras"]
  /** The LoRAs that make it fast are among the files. */
  isBoosted: boolean
}

/** Guidance of distilled models beyond this burns. */
const MAX_GUIDANCE = 10
/** Decoding and saving. */
const FIXED_SECONDS = 3

/** Settles everything that a wish leaves open. Throws UserError for what the model cannot do. */
export function planOrder(choice: Choice, found: Found, wish: Wish): Order {
  const { preset } = choice
  const notes = [...choice.notes]
  const base = baseSettings(choice, found, wish)
  const size = settleSize(choice, found, wish, base, notes)
  const guidance = settleGuidance(choice, found, wish, base, notes)
  const timing = settleTiming(choice, wish, base, notes)
  const negative = settleNegative(choice, found, wish, guidance.cfg, notes)
  const sampling = wish.sampler === undefined ? undefined : readSampler(wish.sampler)
  const warning = preset.warnings?.[wish.quality]
  if (warning && wish.steps === undefined && !found.isBoosted) notes.push(warning)
  if (wish.strength !== undefined && found.way === "edit")
    notes.push(`${preset.title} follows the instruction; strength has no effect on it.`)
  if (preset.family === "openai") noteIgnored(wish, notes)
  if (preset.nonCommercial) notes.push(`Licence: ${preset.licence}`)
  const steps = wish.steps ?? base.steps
  const order = {
    preset: choice.label,
    title: preset.title,
    makes: preset.makes,
    family: preset.family,
    way: found.way,
    files: found.files,
    prompt: wish.prompt,
    negative,
    ...size,
    steps,
    ...guidance,
    ...(preset.family === "openai" ? { quality: wish.quality } : {}),
    ...(base.shift === undefined ? {} : { shift: base.shift }),
    sampler: sampling?.sampler ?? base.sampler,
    scheduler: wish.scheduler === undefined ? (sampling?.scheduler ?? base.scheduler) : readScheduler(wish.scheduler),
    ...(base.clipSkip === undefined ? {} : { clipSkip: base.clipSkip }),
    seeds: wish.seeds,
    loras: found.loras,
    sources: wish.sources,
    denoise: found.way === "image" ? Math.max(0.05, wish.strength ?? DEFAULT_STRENGTH) : 1,
    ...timing,
    vramMb: preset.vramMb,
  }
  return { ...order, seconds: estimate(order, preset.stepSeconds), notes: notes.map((note) => note.slice(0, 300)) }
}

/** What only graphs of our own can do. */
function noteIgnored({ steps, cfg, sampler, scheduler }: Wish, notes: string[]): void {
  const given = Object.entries({ steps, cfg, sampler, scheduler }).filter(([, value]) => value !== undefined)
  if (given.length > 0) notes.push(`The server decides by itself on ${given.map(([name]) => name).join(", ")}.`)
}

/** The preset's, as its build, the variant asked for and the person's own preset change them, each over the one before. */
function baseSettings({ preset, settings }: Choice, { build, isBoosted }: Found, { quality }: Wish): Settings {
  const variant = quality === "standard" ? {} : preset[quality]
  const boost = isBoosted ? build.boost?.settings : undefined
  return { ...preset.settings, ...build.settings, ...variant, ...boost, ...settings }
}

type Sized = Size & Pick<Order, "fit">

function settleSize({ preset }: Choice, { way }: Found, wish: Wish, base: Settings, notes: string[]): Sized {
  const pixels = base.width * base.height
  const { width, height, aspect } = wish
  if (width === undefined && height === undefined) {
    if (aspect !== undefined) return sizeFor(ratioOf(aspect), pixels, preset.size)
    const own = { width: base.width, height: base.height }
    return way === "text" ? own : { ...own, fit: { pixels, ...preset.size } }
  }
  const ratio = aspect === undefined ? base.width / base.height : ratioOf(aspect)
  const asked = {
    width: width ?? Math.round((height ?? base.height) * ratio),
    height: height ?? Math.round((width ?? base.width) / ratio),
  }
  const size = snapSize(asked, preset.size)
  if (size.width !== asked.width || size.height !== asked.height)
    notes.push(
      `${preset.title} cannot make ${asked.width} × ${asked.height} px: it is ${size.width} × ${size.height} (edges in steps of ${preset.size.multiple}, at most ${preset.size.max} px).`,
    )
  return size
}

function settleGuidance(
  { preset }: Choice,
  { build }: Found,
  { cfg }: Wish,
  base: Settings,
  notes: string[],
): Pick<Order, "cfg" | "guidance"> {
  const own = { cfg: base.cfg, ...(base.guidance === undefined || base.cfg !== 1 ? {} : { guidance: base.guidance }) }
  if (cfg === undefined) return own
  if (own.guidance !== undefined) {
    const guidance = Math.min(MAX_GUIDANCE, cfg)
    if (guidance !== cfg) notes.push(`The guidance of ${preset.title} ends at ${MAX_GUIDANCE}: ${cfg} would burn.`)
    return { cfg: 1, guidance }
  }
  if (preset.noNegative || build.noNegative) {
    if (cfg !== 1 && preset.family !== "openai")
      notes.push(`${preset.title} is distilled: it works at cfg 1, ${cfg} was not used.`)
    return own
  }
  return { cfg }
}

function settleNegative(
  { preset }: Choice,
  { build }: Found,
  { negative }: Wish,
  cfg: number,
  notes: string[],
): string {
  if (!preset.noNegative && !build.noNegative && cfg !== 1) return negative ?? preset.negative ?? ""
  if (negative) notes.push(`The negative prompt has no effect with ${preset.title} at cfg 1.`)
  return ""
}

function settleTiming(
  { preset }: Choice,
  { frames, seconds, fps }: Wish,
  base: Settings,
  notes: string[],
): Pick<Order, "frames" | "fps"> {
  const rule = preset.frames
  if (!rule) return {}
  const rate = fps ?? base.fps ?? 24
  const asked = frames ?? (seconds === undefined ? (base.frames ?? 1) : Math.round(seconds * rate))
  const count = snapFrames(asked, rule)
  if (count !== asked) {
    const limit = asked > rule.max ? `at most ${rule.max} frames` : `frames in steps of ${rule.every}`
    notes.push(
      `${preset.title} makes ${limit}: it is ${count} frames, ${secondsOf(count, rate)} s at ${rate} fps, in place of ${asked}.`,
    )
  }
  if (fps !== undefined && base.fps !== undefined && fps !== base.fps)
    notes.push(
      `${preset.title} was made for ${base.fps} fps: at ${fps} everything moves ${fps > base.fps ? "faster" : "slower"}.`,
    )
  return { frames: count, fps: rate }
}

/** Seconds on a card of the 24 GB class, with the model in memory. */
function estimate(
  {
    width,
    height,
    steps,
    cfg,
    frames = 16,
    seeds,
    denoise,
  }: Pick<Order, "width" | "height" | "steps" | "cfg" | "frames" | "seeds" | "denoise">,
  stepSeconds: number,
): number {
  const passes = steps * denoise * (cfg === 1 ? 1 : 2)
  const work = ((width * height) / 1e6) * (frames / 16)
  return Math.round((FIXED_SECONDS + passes * work * stepSeconds * seeds.length) * 10) / 10
}
