type Test = (bytes: Uint8Array, view: DataView) => boolean | "short"

const ascii = (bytes: Uint8Array, at: number, length: number) => String.fromCharCode(...bytes.subarray(at, at + length))
const starts = (bytes: Uint8Array, ...with_: number[]) => with_.every((byte, at) => bytes[at] === byte)

/** RIFF of this form, and as long as it says. */
const riff =
  (form: string): Test =>
  (bytes, view) =>
    ascii(bytes, 0, 4) === "RIFF" &&
    ascii(bytes, 8, 4) === form &&
    (bytes.byteLength >= view.getUint32(4, true) + 8 ? true : "short")
const boxes: Test = (bytes) => ascii(bytes, 4, 4) === "ftyp"
const matroska: Test = (bytes) => starts(bytes, 0x1a, 0x45, 0xdf, 0xa3)
const jpeg: Test = (bytes) => starts(bytes, 0xff, 0xd8, 0xff)

/** What the bytes of a file with this ending must look like; "short" = its end is missing. */
const KINDS: Readonly<Record<string, Test>> = {
  png: (bytes) =>
    starts(bytes, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) &&
    (ascii(bytes, bytes.byteLength - 8, 4) === "IEND" ? true : "short"),
  jpg: jpeg,
  jpeg,
  webp: riff("WEBP"),
  gif: (bytes) => ascii(bytes, 0, 4) === "GIF8",
  mp4: boxes,
  mov: boxes,
  webm: matroska,
  mkv: matroska,
  // Magic, version, and the length of the whole: servers that write while somebody reads give the first part of it.
  glb: (bytes, view) =>
    ascii(bytes, 0, 4) === "glTF" &&
    view.getUint32(4, true) === 2 &&
    (bytes.byteLength >= view.getUint32(8, true) ? true : "short"),
  wav: riff("WAVE"),
  flac: (bytes) => ascii(bytes, 0, 4) === "fLaC",
  ogg: (bytes) => ascii(bytes, 0, 4) === "OggS",
  opus: (bytes) => ascii(bytes, 0, 4) === "OggS",
  mp3: (bytes) => ascii(bytes, 0, 3) === "ID3" || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe0) === 0xe0),
}

/** What is wrong with a file whose bytes are not what its name says, or not whole. Names with other endings pass. */
export function magicFault(name: string, bytes: Uint8Array): string | undefined {
  const test = KINDS[name.toLowerCase().split(".").at(-1) ?? ""]
  if (!test) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found = bytes.byteLength < 16 ? "short" : test(bytes, view)
  if (found === true) return undefined
  return `its file ${name} is ${found === "short" ? "not whole" : "not what its name says"} (${bytes.byteLength} bytes)`
}
