import { UserError } from "#src/errors.ts"

/** Samplers and schedulers that every ComfyUI of the last two years has. */
const SAMPLERS = new Set(
  (
    "euler euler_cfg_pp euler_ancestral euler_ancestral_cfg_pp heun heunpp2 dpm_2 dpm_2_ancestral lms dpm_fast dpm_adaptive " +
    "dpmpp_2s_ancestral dpmpp_sde dpmpp_sde_gpu dpmpp_2m dpmpp_2m_sde dpmpp_2m_sde_gpu dpmpp_3m_sde dpmpp_3m_sde_gpu " +
    "ddpm lcm ipndm ipndm_v deis res_multistep gradient_estimation ddim uni_pc uni_pc_bh2"
  ).split(" "),
)
const SCHEDULERS = new Set(
  "normal karras exponential sgm_uniform simple ddim_uniform beta linear_quadratic kl_optimal".split(" "),
)

/** Names of other programs. Letters and digits only, "++" is "pp". */
const OTHER_SAMPLERS: Record<string, string> = {
  eulera: "euler_ancestral",
  eulerancestral: "euler_ancestral",
  dpm2: "dpm_2",
  dpm2a: "dpm_2_ancestral",
  dpmpp2sa: "dpmpp_2s_ancestral",
  dpmpp: "dpmpp_2m",
  unipc: "uni_pc",
}

export interface Sampling {
  sampler: string
  scheduler?: string
}

/**
 * What the name of a sampler means: ComfyUI's own ("dpmpp_2m") or that of other programs ("Euler a", "DPM++ 2M Karras",
 * which names a scheduler too). Throws UserError.
 */
export function readSampler(name: string): Sampling {
  const asked = plain(name)
  const scheduler = [...SCHEDULERS].find((one) => asked.length > plain(one).length && asked.endsWith(plain(one)))
  const rest = scheduler ? asked.slice(0, -plain(scheduler).length) : asked
  const found = findName(asked, SAMPLERS) ?? OTHER_SAMPLERS[asked]
  if (found) return { sampler: found }
  const first = findName(rest, SAMPLERS) ?? OTHER_SAMPLERS[rest]
  if (first) return { sampler: first, ...(scheduler ? { scheduler } : {}) }
  throw new UserError(
    `There is no sampler "${name.slice(0, 40)}".`,
    `There are ${[...SAMPLERS].join(", ")}; leave it out for the model's own.`,
  )
}

/** Throws UserError. */
export function readScheduler(name: string): string {
  const found = findName(plain(name), SCHEDULERS)
  if (found) return found
  throw new UserError(
    `There is no scheduler "${name.slice(0, 40)}".`,
    `There are ${[...SCHEDULERS].join(", ")}; leave it out for the model's own.`,
  )
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replaceAll("++", "pp")
    .replaceAll(/[^a-z\d]/g, "")
}

function findName(asked: string, names: ReadonlySet<string>): string | undefined {
  return [...names].find((name) => plain(name) === asked)
}
