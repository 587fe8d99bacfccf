import { z } from "zod"
import type { Artifact } from "#src/studio.ts"
import type { ArtifactRef } from "#src/tool.ts"

/** The schema of ArtifactRef (src/tool.ts), for job results that carry files. */
export const artifactRef = z.object({
  id: z.string().max(80),
  name: z.string().max(200),
  mediaType: z.string().max(120),
  bytes: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  sha256: z.string().length(64),
  use: z.enum(["preview", "model", "file"]),
})

/** What travels in replies and job results of a stored artifact. */
export function refOf({ id, name, mediaType, bytes, sha256, use }: Artifact): ArtifactRef {
  return { id, name, mediaType, bytes, sha256, use }
}
