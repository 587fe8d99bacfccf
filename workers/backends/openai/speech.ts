import { BackendError } from "#src/errors.ts"
import type { Link, Made } from "#workers/backend.ts"
import { openaiSettings, type SpeechOrder } from "#workers/backends/openai/order.ts"
import { order as send } from "#workers/backends/openai/wire.ts"

/** Spoken words as a sound file. */
export async function makeSpeech(order: SpeechOrder, link: Link): Promise<Made> {
  const { server } = link
  const { speechS } = openaiSettings.parse(server.settings)
  const { model, text, voice, format, speed, instructions } = order
  link.progress({ text: "speaking" })
  const { bytes, headers } = await send(link, {
    path: "audio/speech",
    body: { json: { model, input: text, voice, response_format: format, speed, instructions } },
    timeoutMs: speechS * 1000,
    maxBytes: link.maxBytes,
  })
  const type = headers["content-type"] ?? ""
  if (bytes.byteLength === 0) throw new BackendError(server.name, "it answered without a sound", "transient")
  if (/json|text|html/.test(type))
    throw new BackendError(server.name, "it answered with words instead of sound", "transient")
  return {
    files: [{ name: `speech.${format}`, bytes, role: "result" }],
    effective: { model, voice, format, ...(speed === undefined ? {} : { speed }) },
  }
}
