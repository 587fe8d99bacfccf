import { existsSync, readdirSync } from "node:fs"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import type { JobContract } from "#src/job.ts"

/** The kinds of job that exist, by type. */
export interface Contracts {
  /** Undefined when there is no such job. */
  get(type: string): JobContract | undefined
  /** What was submitted is known without looking. */
  remember(contract: JobContract): void
  types(): string[]
}

const SOURCES = new URL("../../", import.meta.url)
const TYPE = /^([a-z0-9_]+)\.([a-z0-9_-]+)$/

/**
 * Job "family.verb" is the export `job` of <sources>/family/verb.job.ts: adding the file adds the job. Files are loaded
 * when first asked for, synchronously, so that a finished job can be put into words anywhere; contracts are pure.
 */
export function createContracts(sources: URL = SOURCES): Contracts {
  const known = new Map<string, JobContract>()
  const require = createRequire(import.meta.url)
  return {
    get: (type) => {
      const found = known.get(type)
      if (found) return found
      const [, family, verb] = TYPE.exec(type) ?? []
      if (!family || !verb) return undefined
      const file = fileURLToPath(new URL(`${family}/${verb}.job.ts`, sources))
      if (!existsSync(file)) return undefined
      const { job } = require(file) as { job?: JobContract } // checked below; the file is part of the program
      if (job?.type !== type) throw new Error(`${file} does not export "job" of type ${type}`)
      known.set(type, job)
      return job
    },
    remember: (contract) => known.set(contract.type, contract),
    types: () => {
      const found = readdirSync(sources, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .flatMap((family) =>
          readdirSync(new URL(`${family.name}/`, sources))
            .filter((file) => file.endsWith(".job.ts"))
            .map((file) => `${family.name}.${file.slice(0, -".job.ts".length)}`),
        )
      return [...new Set([...known.keys(), ...found])].sort()
    },
  }
}
