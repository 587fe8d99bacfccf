import { z } from "zod"
import { pictureQualities } from "#src/design/build.job.ts"
import { MAX_WAIT_S } from "#src/job.ts"

/** Ids of the export formats a design can be written as. */
const designFormats = ["glb", "stl", "3mf"] as const

/** Words for each format, for readers of sentences. */
const formatWords = { stl: ["stl file", "print file"], "3mf": ["3mf file"], glb: ["glb file", "gltf"] }

export const designField = z.string().max(80).optional().describe("Id of the design; left out: the one worked on last.")

export const revisionField = z
  .number()
  .int()
  .min(1)
  .max(1_000_000)
  .optional()
  .describe("An earlier revision.")
  .meta({ cue: ["revision", "version"] })

export const formatField = z.enum(designFormats).describe("File format.").meta({ aliases: formatWords })

export const filesField = z
  .array(z.enum(designFormats))
  .max(designFormats.length)
  .default([])
  .describe("Files to write along: stl or 3mf for casting and printing (metal only), glb for viewers.")
  .meta({
    aliases: formatWords,
    cue: ["export", "file", "files", "save", "download"],
  })

export const pictureField = z
  .enum(pictureQualities)
  .default("standard")
  .describe("Sharpness of the rendered picture: draft is fastest, high has the finest grain.")
  .meta({ aliases: { draft: ["draft picture", "quick picture"], high: ["high quality", "best picture"] } })

export const waitField = z
  .number()
  .min(0)
  .max(MAX_WAIT_S)
  .default(20)
  .describe("Seconds to wait for the result; after that the answer is a job id for job_wait.")
