import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import type { ServerRef } from "#src/job.ts"
import type { Link, Made } from "#workers/backend.ts"
import { openaiSettings, type ImageOrder, type OpenaiSettings } from "#workers/backends/openai/order.ts"
import { order as send } from "#workers/backends/openai/wire.ts"
import type { Body } from "#workers/backends/shared/encode.ts"
import { serverWords } from "#workers/backends/shared/failure.ts"
import { pictureType, readInput, type FileInput } from "#workers/backends/shared/file-input.ts"
import { ask, parseJson, trustedUrl } from "#workers/backends/shared/http.ts"

const pictures = z.object({
  data: z
    .array(
      z.object({
        b64_json: z.string().nullish(),
        url: z
          .string()
          .max(512 * 1024 ** 2)
          .nullish(),
        revised_prompt: z.string().max(40_000).nullish(),
      }),
    )
    .min(1)
    .max(20),
  size: z.string().max(40).nullish(),
  quality: z.string().max(40).nullish(),
  background: z.string().max(40).nullish(),
  usage: z.object({ total_tokens: z.number().nullish() }).nullish(),
})

const MAX_PICTURE_BYTES = 50 * 1024 ** 2
const FETCH_MS = 120_000
/** JavaScript's longest text. */
const MAX_TEXT = 500 * 1024 ** 2
/** OpenAI's own models, which answer in base64 and refuse to be asked for it. */
const ONLY_BASE64 = /^(gpt-image|chatgpt-image)/

/** Pictures by words, or from pictures. */
export async function makeImages(order: ImageOrder, link: Link): Promise<Made> {
  const { server } = link
  const settings = openaiSettings.parse(server.settings)
  const isEdit = order.images.length > 0
  link.progress({ text: isEdit ? "changing the picture" : "making the picture" })
  const fields = fieldsOf(order, settings)
  const body: Body = isEdit ? { form: await formOf(server, order, fields) } : { json: fields }
  const { bytes } = await send(link, {
    path: isEdit ? "images/edits" : "images/generations",
    body,
    timeoutMs: settings.imageS * 1000,
    maxBytes: Math.min(MAX_TEXT, order.n * link.maxBytes * 1.4 + 1024 ** 2),
  })
  const answer = parseJson(pictures, server, bytes)
  const files: Made["files"] = []
  for (const [i, item] of answer.data.entries()) {
    const picture = await pictureOf(item, link, settings)
    const name = `picture-${i + 1}.${pictureType(server, picture).slice("image/".length)}`
    files.push({ name, bytes: picture, role: "result" })
  }
  const told = { size: answer.size, quality: answer.quality, background: answer.background }
  const revised = answer.data.map((it) => it.revised_prompt).find((it) => it)
  const { prompt: _, response_format: __, ...used } = fields
  return {
    files,
    effective: {
      ...used,
      ...Object.fromEntries(Object.entries(told).filter(([, value]) => value)),
      ...(revised ? { revised_prompt: serverWords(revised) } : {}),
      ...(answer.usage?.total_tokens ? { tokens: answer.usage.total_tokens } : {}),
    },
  }
}

type Fields = Record<string, string | number>

function fieldsOf(order: ImageOrder, settings: OpenaiSettings): Fields {
  const { model, prompt, n, size, quality, background, format, seed } = order
  const asks = settings.base64 === "always" || (settings.base64 === "auto" && !ONLY_BASE64.test(model))
  const optional = { size, quality, background, output_format: format, seed }
  const given = Object.entries(optional).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return {
    model,
    prompt,
    n,
    ...(Object.fromEntries(given) as Fields),
    ...(asks ? { response_format: "b64_json" } : {}),
  } // strings and numbers of the order
}

async function formOf(server: ServerRef, { images, mask }: ImageOrder, fields: Fields): Promise<FormData> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value))
  // One picture has the plain name, which every server knows; several are a list.
  const name = images.length > 1 ? "image[]" : "image"
  for (const [i, image] of images.entries()) await appendPicture(form, name, `picture-${i + 1}`, server, image)
  if (mask) await appendPicture(form, "mask", "mask", server, mask)
  return form
}

/** The picture under a name of ours: what a person called it is nobody's business there. */
export async function appendPicture(
  form: FormData,
  field: string,
  name: string,
  server: ServerRef,
  input: FileInput,
): Promise<void> {
  const bytes = await readInput(server, input, MAX_PICTURE_BYTES)
  const type = pictureType(server, bytes)
  form.append(field, new Blob([new Uint8Array(bytes)], { type }), `${name}.${type.slice("image/".length)}`)
}

type Item = z.output<typeof pictures>["data"][number]

async function pictureOf({ b64_json: text, url }: Item, link: Link, settings: OpenaiSettings): Promise<Uint8Array> {
  const { server, signal, maxBytes } = link
  const inline = text ?? /^data:image\/\w{2,10};base64,(.*)$/s.exec(url ?? "")?.[1]
  if (inline) {
    const bytes = new Uint8Array(Buffer.from(inline, "base64"))
    if (bytes.byteLength <= maxBytes) return bytes
    throw new BackendError(server.name, `the picture is larger than ${maxBytes} bytes`, "input")
  }
  if (!url) throw new BackendError(server.name, "it answered without a picture", "transient")
  const trusted = trustedUrl(server, url, settings.pictureHosts)
  if (!trusted) {
    const host = serverWords(URL.parse(url)?.host ?? "nowhere").slice(0, 100)
    const way = "name the host in pictureHosts of its settings, if it is to be"
    throw new BackendError(server.name, `its picture lies on ${host}, and is not fetched from there: ${way}`, "fatal")
  }
  // The address itself is the permission: no key goes there.
  return (await ask({ server, signal, path: trusted, timeoutMs: FETCH_MS, maxBytes })).bytes
}
