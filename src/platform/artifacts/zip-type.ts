/** Which kind of document a ZIP is, by the names in its central directory, read from the last bytes of the file. */
export function zipMediaType(tail: Buffer): string {
  const names = entryNames(tail)
  const has = (test: (name: string) => boolean) => names.some(test)
  if (has((name) => /^3D\/[^/]+\.model$/i.test(name))) return "model/3mf"
  if (/^[^/]+\.usd[acz]?$/i.test(names[0] ?? "")) return "model/vnd.usdz+zip"
  if (names[0] === "mimetype" && has((name) => name === "META-INF/container.xml")) return "application/epub+zip"
  if (has((name) => name === "word/document.xml"))
    return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
  if (has((name) => name === "xl/workbook.xml"))
    return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
  if (has((name) => name === "ppt/presentation.xml"))
    return "application/vnd.openxmlformats-officedocument.presentationml.presentation"
  return "application/zip"
}

const END = 0x06054b50
const ENTRY = 0x02014b50
const MAX_NAMES = 2_000

/** Names from as much of the central directory as lies in `tail` (APPNOTE 6.3.10, sections 4.3.12 and 4.3.16). */
function entryNames(tail: Buffer): string[] {
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  if (end < 0 || end + 22 > tail.length || tail.readUInt32LE(end) !== END) return []
  let at = Math.max(0, end - tail.readUInt32LE(end + 12))
  const names: string[] = []
  while (at + 46 <= end && names.length < MAX_NAMES && tail.readUInt32LE(at) === ENTRY) {
    const name = tail.readUInt16LE(at + 28)
    names.push(tail.toString("utf8", at + 46, at + 46 + name))
    at += 46 + name + tail.readUInt16LE(at + 30) + tail.readUInt16LE(at + 32)
  }
  return names
}
