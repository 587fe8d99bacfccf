/** What a job loads and how long it runs. Made up, within the ranges that real models show. */
export interface Model {
  signature: string
  /** In the server's memory. */
  gb: number
  loadS: number
  /** Mean of a run; single runs differ by up to 30 %. */
  runS: number
}

export const MODELS: readonly Model[] = [
  { signature: "upscale", gb: 3, loadS: 8, runS: 6 },
  { signature: "sketch", gb: 5, loadS: 12, runS: 14 },
  { signature: "photo", gb: 8, loadS: 18, runS: 35 },
  { signature: "edit", gb: 9, loadS: 22, runS: 45 },
  { signature: "solid", gb: 7, loadS: 20, runS: 60 },
  { signature: "film", gb: 10, loadS: 30, runS: 80 },
]
/** What a run needs besides its model. All models and this fit into 48 GB; 24 GB hold two or three. */
export const WORKING_GB = 6

/** One job of the simulated day. */
export interface Submission {
  atS: number
  accountId: string
  heavy: boolean
  rush: boolean
  model: Model
  /** What the run really takes, loading apart. The scheduler only knows the model's mean. */
  runS: number
}

export interface Crowd {
  light: number
  heavy: number
  hours: number
  models?: readonly Model[]
}

const BATCH = 60
const BATCHES_WITHIN_S = 600
const LIGHT_JOBS_PER_HOUR = 11
const RUSH_SHARE = 0.1
const SPREAD = 0.3

/**
 * Heavy users submit sixty jobs at once, in the first ten minutes; light users one now and then, each tenth in a hurry.
 * By time of submission.
 */
export function makeWorkload({ light, heavy, hours, models = MODELS }: Crowd, random: () => number): Submission[] {
  const submit = (atS: number, accountId: string, isHeavy: boolean): Submission => {
    const model = models[Math.floor(random() * models.length)]
    if (!model) throw new Error("a workload needs models")
    const runS = model.runS * (1 - SPREAD + 2 * SPREAD * random())
    return { atS, accountId, heavy: isHeavy, rush: !isHeavy && random() < RUSH_SHARE, model, runS }
  }
  const gapS = () => (-Math.log(1 - random()) * 3600) / LIGHT_JOBS_PER_HOUR
  const all: Submission[] = []
  for (let n = 0; n < heavy; n++) {
    const atS = random() * BATCHES_WITHIN_S
    for (let job = 0; job < BATCH; job++) all.push(submit(atS, `heavy ${n}`, true))
  }
  for (let n = 0; n < light; n++)
    for (let atS = gapS(); atS < hours * 3600; atS += gapS()) all.push(submit(atS, `light ${n}`, false))
  return all.sort((a, b) => a.atS - b.atS)
}
