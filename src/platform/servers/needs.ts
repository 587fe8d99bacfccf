import { z } from "zod"
import type { JobNeeds } from "#src/job.ts"

const shape = z.object({
  kinds: z.array(z.string()),
  signature: z.string(),
  vramMb: z.number().exactOptional(),
  requires: z.array(z.string()),
  server: z.string().exactOptional(),
})

const MOST_REMEMBERED = 500
const parsed = new Map<string, JobNeeds>()

/** What a job asks of a server, as stored with it. Jobs ask for few different things: each is parsed once. */
export function parseNeeds(text: string): JobNeeds {
  const known = parsed.get(text)
  if (known) return known
  if (parsed.size >= MOST_REMEMBERED) parsed.clear()
  const needs = shape.parse(JSON.parse(text))
  parsed.set(text, needs)
  return needs
}
