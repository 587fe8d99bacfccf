import { z } from "zod"

const withArtifacts = z.object({ artifacts: z.array(z.object({ id: z.string() })).max(1_000) })

/** Ids of the files that a result names in its field `artifacts`. */
export function artifactsOf(result: unknown): string[] {
  const parsed = withArtifacts.safeParse(result)
  return parsed.success ? parsed.data.artifacts.map((artifact) => artifact.id) : []
}
