import { z } from "zod"

export const hunyuanSettings = z.object({
  version: z.enum(["2", "2.1", "auto"]).default("auto"),
  /** Off for a server of version 2 that was started without --enable_tex: its textured runs would never end. */
  texture: z.boolean().default(true),
  /** Longest time for a shape, in seconds; an A100 takes 17. */
  shapeS: z.number().min(1).max(7_200).default(600),
  /** Longest time for painting it; an A100 takes 85 s. */
  textureS: z.number().min(1).max(7_200).default(1_200),
})
