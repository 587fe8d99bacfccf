/** What the view needs of a tool result. */
export interface Shown {
  title: string
  /** Resource of the GLB. */
  model?: string
  /** `data:` address of the inline picture, shown until the model is there. */
  picture?: string
  /** Where the whole thing can be opened and downloaded. */
  links: { label: string; url: string }[]
}

interface File {
  id?: unknown
  name?: unknown
  mediaType?: unknown
  mimeType?: unknown
  uri?: unknown
  url?: unknown
  page?: unknown
}

const GLB = "model/gltf-binary"
const PICTURE = /^image\/(png|webp|jpeg)$/
const BASE64 = /^[A-Za-z0-9+/=]+$/

/** Reads a result of any tool of the studio; undefined when there is nothing to look at in it. */
export function readResult(result: Record<string, unknown>): Shown | undefined {
  const structured = asRecord(result["structuredContent"])
  const content = asList(result["content"])
  const files = asList(structured["artifacts"]) as File[]
  // Hosts that do not pass structured content on still pass the resource links.
  const links = content.filter((block) => block["type"] === "resource_link") as File[]
  const model = files.find((file) => file.mediaType === GLB)
  const linked = links.find((file) => file.mimeType === GLB)
  const uri = typeof model?.id === "string" ? `asset://${model.id}` : linked?.uri
  const picture = pictureOf(content)
  if (typeof uri !== "string" && picture === undefined) return undefined
  const description = structured["description"]
  return {
    title: typeof description === "string" ? description : (textOf(model?.name) ?? textOf(linked?.name) ?? "Result"),
    links: linksOf(files, model),
    ...(typeof uri === "string" ? { model: uri } : {}),
    ...(picture === undefined ? {} : { picture }),
  }
}

function linksOf(files: File[], model: File | undefined): Shown["links"] {
  const page = isAddress(model?.page) ? [{ label: "Open page", url: model.page }] : []
  return [...page, ...files.flatMap((file) => (isAddress(file.url) ? [{ label: labelOf(file), url: file.url }] : []))]
}

const labelOf = (file: File): string => textOf(file.name)?.split(".").at(-1)?.toUpperCase() ?? "File"

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

function isAddress(url: unknown): url is string {
  return typeof url === "string" && /^https?:\/\//.test(url)
}

function pictureOf(content: Record<string, unknown>[]): string | undefined {
  const block = content.find((it) => it["type"] === "image")
  const { data, mimeType } = block ?? {}
  return typeof data === "string" && BASE64.test(data) && typeof mimeType === "string" && PICTURE.test(mimeType)
    ? `data:${mimeType};base64,${data}`
    : undefined
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {}
}

function asList(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(asRecord) : []
}
