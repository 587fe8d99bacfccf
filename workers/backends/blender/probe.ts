import { mkdtemp, realpath, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"
import { findBlender } from "#src/platform/blender.ts"
import { environmentVariable } from "#src/platform/env-file.ts"
import type { Probe } from "#workers/backend.ts"
import { runBlender } from "#workers/backends/blender/process.ts"
import { probed } from "#workers/backends/shared/probe.ts"

const abilities = z.object({
  version: z.string().max(40),
  numpy: z.string().max(40).nullable(),
  engines: z.array(z.string().max(60)).max(20),
  denoisers: z.array(z.string().max(60)).max(20),
  devices: z.array(z.string().max(200)).max(64),
  formats: z.array(z.string().max(20)).max(40),
})
export type Abilities = z.output<typeof abilities>

/** A first start reads hundreds of megabytes from the disk. */
const LOOKS_WITHIN_S = 120
/** Looking into a Blender takes seconds, and what it finds stays true until the file changes. */
const known = new Map<string, Promise<Abilities>>()

/** The Blender of this machine. Throws BackendError "fatal" when there is none. */
export function blenderOf({ name }: ServerRef): string {
  const found = findBlender(environmentVariable("BLENDER_PATH"))
  if (found !== undefined) return found
  throw new BackendError(name, "there is no Blender here: install it, or name it in BLENDER_PATH", "fatal")
}

async function abilitiesOf(executable: string, name: string): Promise<Abilities> {
  const { mtimeMs, size } = await stat(executable).catch(() => {
    throw new BackendError(name, `there is no Blender at ${executable}: correct BLENDER_PATH`, "fatal")
  })
  const key = `${await realpath(executable)}:${mtimeMs}:${size}`
  let looking = known.get(key)
  if (!looking) {
    looking = look(executable, name)
    known.set(key, looking)
    // What went wrong may be mended by then.
    looking.catch(() => known.delete(key))
  }
  return looking
}

async function look(executable: string, name: string): Promise<Abilities> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-blender-"))
  try {
    const signal = AbortSignal.timeout(LOOKS_WITHIN_S * 1000)
    const limits = { timeLimitS: LOOKS_WITHIN_S, memoryMb: 8_192 }
    return abilities.parse(
      await runBlender({ executable, script: "probe", order: {}, folder, name, signal, ...limits }),
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export function probe(server: ServerRef, signal: AbortSignal): Promise<Probe> {
  return probed(async () => {
    const looking = abilitiesOf(blenderOf(server), server.name)
    const found = await Promise.race([looking, aborted(signal)])
    if (!found) return { ok: false, detail: "Blender is still being looked at, which takes longer the first time" }
    const { version, numpy } = found
    if (numpy === null)
      return {
        ok: false,
        version,
        detail: `Blender ${version} has no numpy, which it reads models with: install python3-numpy`,
      }
    return { ok: true, version, detail: inWords(found), inventory: found.formats.map((it) => `format:${it}`) }
  })
}

function inWords({ version, engines, denoisers, devices, formats }: Abilities): string {
  const engine = engines.includes("CYCLES") ? "Cycles" : "no Cycles"
  const device = devices.length > 0 ? devices.join(", ") : "processor only"
  const denoiser = denoisers.length > 0 ? "with denoiser" : "no denoiser"
  return `Blender ${version}, ${engine} on ${device}, ${denoiser}; writes ${formats.join(", ")}`
}

/** The look itself goes on and is there for the next probe. */
function aborted(signal: AbortSignal): Promise<undefined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(4_500)])
  return new Promise((resolve) => {
    if (limit.aborted) resolve(undefined)
    limit.addEventListener("abort", () => resolve(undefined), { once: true })
  })
}
