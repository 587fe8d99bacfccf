import { supportedExtensions } from "file-type"
import { cut } from "#src/platform/store/line.ts"

const MAX_CHARACTERS = 120
/** Most file systems stop at 255 bytes; this leaves room for " (2)" and the like. */
const MAX_BYTES = 240

/** Extensions per media type, the usual one first. */
const EXTENSIONS: Record<string, string[]> = {
  "model/gltf-binary": ["glb", "vrm"],
  "model/gltf+json": ["gltf"],
  "model/stl": ["stl"],
  "model/3mf": ["3mf"],
  "model/obj": ["obj"],
  "model/step": ["step", "stp"],
  "model/vnd.fbx": ["fbx"],
  "model/vnd.usdz+zip": ["usdz"],
  "image/svg+xml": ["svg"],
  "image/jpeg": ["jpg", "jpeg", "jfif"],
  "image/png": ["png"],
  "image/apng": ["png", "apng"],
  "image/webp": ["webp"],
  "image/gif": ["gif"],
  "image/avif": ["avif"],
  "image/tiff": ["tif", "tiff"],
  "image/bmp": ["bmp"],
  "video/mp4": ["mp4", "m4v"],
  "video/webm": ["webm"],
  "video/quicktime": ["mov", "qt"],
  "audio/mpeg": ["mp3"],
  "audio/wav": ["wav"],
  "audio/ogg": ["ogg", "oga", "opus"],
  "audio/flac": ["flac"],
  "application/pdf": ["pdf"],
  "application/rtf": ["rtf"],
  "application/epub+zip": ["epub"],
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ["docx"],
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ["xlsx"],
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": ["pptx"],
  "text/html": ["html", "htm"],
}
/** Types that many extensions may rightly have: any that no other type claims. */
const OPEN: Record<string, string> = {
  "text/plain": "txt",
  "application/json": "json",
  "application/xml": "xml",
  "application/zip": "zip",
  "application/octet-stream": "bin",
}
/** Claimed by the detector for binary or special forms, but ordinary text files as well. */
const TEXTUAL = new Set(["vtt", "ics", "vcf", "reg", "dat", "it", "eps", "ps", "xml"])
const CLAIMED = new Set(
  [...supportedExtensions, ...Object.values(EXTENSIONS).flat()].filter((extension) => !TEXTUAL.has(extension)),
)

/**
 * A name that is safe in every file system, header and archive: the last part of a path, NFC, no control, format or reserved
 * characters, at most 120 characters, and with an extension that does not contradict the content.
 */
export function safeFileName(name: string, mediaType: string): string {
  const last = name.toWellFormed().slice(0, 4_096).split(/[/\\]/).at(-1) ?? ""
  const clean = last
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd<>:"|?*]/gu, " ")
    .replace(/\s+/g, " ")
    .replace(/^[. ]+|[. ]+$/g, "")
  const dot = clean.lastIndexOf(".")
  const given = dot > 0 && /^[A-Za-z0-9]{1,10}$/.test(clean.slice(dot + 1)) ? clean.slice(dot + 1) : ""
  const stem = (given ? clean.slice(0, dot) : clean).replace(/[. ]+$/, "") || "file"
  const extension = extensionFor(given, mediaType)
  return `${shorten(reserved(stem), extension)}${extension ? `.${extension}` : ""}`
}

function extensionFor(given: string, mediaType: string): string {
  const lower = given.toLowerCase()
  const fixed = EXTENSIONS[mediaType]
  if (fixed) return fixed.includes(lower) ? lower : (fixed[0] ?? "")
  const usual = OPEN[mediaType]
  if (usual) return lower === usual || (lower && !CLAIMED.has(lower)) ? lower : usual
  return lower || "bin"
}

/** Names of devices on Windows. */
function reserved(stem: string): string {
  return /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i.test(stem) ? `_${stem}` : stem
}

function shorten(stem: string, extension: string): string {
  const room = extension.length + 1
  let short = cut(stem, MAX_CHARACTERS - room)
  while (Buffer.byteLength(short) > MAX_BYTES - room) short = cut(short, short.length - 1)
  return short.replace(/[. ]+$/, "")
}
