import { defineBackend } from "#workers/backend.ts"
import { makeImages } from "#workers/backends/openai/image.ts"
import { openaiOrder, openaiSettings } from "#workers/backends/openai/order.ts"
import { modelsOf, probe } from "#workers/backends/openai/probe.ts"
import { makeSpeech } from "#workers/backends/openai/speech.ts"
import { cancelVideo, pollVideo, resumeVideo, startVideo, videoHandle } from "#workers/backends/openai/video.ts"

/**
 * Pictures, videos and speech by the protocol of OpenAI: its own service, clouds that copy it, and servers of one's own
 * (LocalAI, vLLM-Omni, LiteLLM, Kokoro-FastAPI …). Pictures and speech are the answer to one request; a video is a run.
 */
export const backend = defineBackend({
  describe: () => ({
    kind: "openai",
    title: "OpenAI protocol (pictures, videos, speech)",
    makes: ["image", "video", "speech"],
    progress: "percent",
    cancel: "soft",
    resumable: true,
    slots: 2,
    licenceNote:
      "A cloud service bills each run to the account of the key, keeps what it is sent as its terms say, and refuses some content.",
  }),
  order: openaiOrder,
  handle: videoHandle,
  settings: openaiSettings,
  probe,
  start: async (order, link) => {
    if (order.task === "image") return { made: await makeImages(order, link) }
    if (order.task === "speech") return { made: await makeSpeech(order, link) }
    return { handle: await startVideo(order, link) }
  },
  resume: resumeVideo,
  poll: pollVideo,
  cancel: cancelVideo,
  pollEveryMs: 5_000,
  models: async (server, signal) => ({ models: (await modelsOf({ server, signal })) ?? [] }),
})
