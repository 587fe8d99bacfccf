import { fileTypeFromBuffer } from "file-type"
import { zipMediaType } from "#src/platform/artifacts/zip-type.ts"

/** How much of each end of a file `mediaTypeOf` wants to see. */
export const SAMPLE_BYTES = 64 * 1024

/** What stands at the two ends of a file. `head` and `tail` overlap when it is short. */
export interface Sample {
  head: Buffer
  tail: Buffer
  bytes: number
}

/** What a file is by its content; its name is never looked at. "application/octet-stream" when nothing fits. */
export async function mediaTypeOf(sample: Sample): Promise<string> {
  const { head } = sample
  if (head.length >= 4 && head.readUInt32LE(0) === 0x04034b50) return zipMediaType(sample.tail)
  if (isGlb(sample)) return "model/gltf-binary"
  if (isBinaryStl(sample)) return "model/stl"
  if (head.subarray(0, 5).toString("latin1") === "%PDF-") return "application/pdf"
  if (head.subarray(0, 18).toString("latin1") === "Kaydara FBX Binary") return "model/vnd.fbx"
  const text = asText(sample)
  if (text !== undefined) return textMediaType(text, sample)
  // Only for binary content: its two-byte signatures ("BM", "MZ") would also take ordinary sentences.
  const found = await fileTypeFromBuffer(head).catch(() => undefined)
  return found?.mime ?? "application/octet-stream"
}

function isGlb({ head, bytes }: Sample): boolean {
  return head.length >= 12 && head.readUInt32LE(0) === 0x46546c67 && head.readUInt32LE(8) === bytes
}

/** 80 bytes of header, the number of triangles, 50 bytes each: the length is the only reliable sign. */
function isBinaryStl({ head, bytes }: Sample): boolean {
  return bytes >= 134 && head.length >= 84 && bytes === 84 + 50 * head.readUInt32LE(80)
}

/** The head as text when the sample is UTF-8 without control characters. */
function asText({ head, bytes }: Sample): string | undefined {
  if (bytes === 0) return undefined
  try {
    // stream: the head may end within a character.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: bytes > head.length })
    return /[^\P{Cc}\t\n\v\f\r\u0085]/u.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

function textMediaType(text: string, sample: Sample): string {
  const start = text.trimStart()
  if (start.startsWith("<")) return markupMediaType(start)
  if (start.startsWith("{\\rtf")) return "application/rtf"
  if (start.startsWith("{") || start.startsWith("[")) return jsonMediaType(start, sample)
  if (/^solid\b/.test(start) && /\bfacet\s+normal\b/.test(text)) return "model/stl"
  if (start.startsWith("ISO-10303-21;")) return "model/step"
  if (/^v\s+-?[\d.]+\s+-?[\d.]+\s+-?[\d.]+/m.test(text) && /^(#|(v|vn|vt|o|g|mtllib|usemtl|s)\s)/.test(start))
    return "model/obj"
  // A page that begins with words is still run as one by a browser.
  return HTML.test(start.slice(0, 1024)) ? "text/html" : "text/plain"
}

const HTML = /<(?:!doctype\s+html|html|head|body|script|iframe|style|title|meta|link|table|div|img|a|p|h1|form)[\s>/]/i

function markupMediaType(start: string): string {
  // Leaves the first element: the XML declaration, comments and the document type say nothing about it.
  const root = start.replace(/^(?:\s*(?:<\?[^>]{0,2000}\?>|<!--[^]{0,4000}?-->|<!doctype\s+svg[^>[]{0,500}>))*\s*/i, "")
  if (/^<(?:[\w-]{1,32}:)?svg[\s>]/i.test(root)) return "image/svg+xml"
  if (HTML.test(start.slice(0, 4096)) && !start.startsWith("<?xml")) return "text/html"
  if (start.startsWith("<?xml") || /^<[A-Za-z_][\w:.-]*[\s/>]/.test(root)) return "application/xml"
  return "text/plain"
}

function jsonMediaType(start: string, sample: Sample): string {
  const whole = sample.bytes <= sample.head.length
  if (whole ? !parses(start) : !/[\]}]\s*$/.test(sample.tail.toString("latin1"))) return "text/plain"
  return /"asset"\s*:\s*\{[^}]{0,500}"version"\s*:/.test(start) ? "model/gltf+json" : "application/json"
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
