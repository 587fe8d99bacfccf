import { UserError } from "#src/errors.ts"
import { MAX_WAIT_S } from "#src/job.ts"
import type { MediaAnswer } from "#src/media/fields.ts"
import { generate } from "#src/media/generate.ts"
import { job as imageJob } from "#src/media/image.job.ts"
import { presets } from "#src/media/presets.ts"
import { job as videoJob } from "#src/media/video.job.ts"
import type { ServerView, Studio } from "#src/studio.ts"
import type { Reply } from "#src/tool.ts"

/** Small enough that nearly all of the time is loading. */
const EDGE_PX = 256
const FRAMES = 5

/**
 * Has a server load the models of a preset, or a model file, by one step of a tiny picture: the next real one starts warm.
 * Throws UserError for what that server cannot run, and for presets that make nothing from words alone.
 */
export async function warmUp(
  studio: Studio,
  server: Pick<ServerView, "id">,
  preset: string,
): Promise<Reply<MediaAnswer>> {
  const known = presets.find((one) => one.name === preset)
  if (known && known.builds.length > 0 && !known.builds.some(({ ways }) => ways.includes("text")))
    throw new UserError(`${known.title} makes nothing from words alone.`, "It loads with its first use.")
  const isVideo = known?.makes === "video"
  return generate(studio, isVideo ? videoJob : imageJob, {
    wish: {
      makes: isVideo ? "video" : "image",
      prompt: "a grey pebble",
      width: EDGE_PX,
      height: EDGE_PX,
      steps: 1,
      seeds: [0],
      loras: [],
      ...(isVideo ? { frames: FRAMES } : {}),
    },
    preset,
    pictures: [],
    isSeedGiven: false,
    waitS: MAX_WAIT_S,
    server: server.id,
  })
}
