import type { Io } from "#bots/terminal/host.ts"
import { inlinePicture, protocolOf } from "#bots/terminal/picture.ts"
import { harmless, type Printer } from "#bots/terminal/printer.ts"
import { sizeInWords } from "#bots/terminal/reply.ts"
import type { SavedFile } from "#bots/terminal/save.ts"
import type { Block, Doc } from "#src/conversation/document.ts"
import type { Services } from "#src/studio.ts"

export interface RenderParts {
  services: Services
  io: Io
  print: Printer
  /** Copies of files that were made in a folder of the person's. */
  saved?: readonly SavedFile[]
}

/** Prints an answer as lines that also a screen reader and a log can follow. Its buttons are left to `buttons.ts`. */
export async function printDoc(doc: Doc, parts: RenderParts): Promise<void> {
  for (const block of doc) {
    if (block.kind === "picture") await printPicture(block, parts)
    else for (const line of linesOf(block, parts)) parts.print.line(line)
    if (block.kind !== "picture" && block.kind !== "file") continue
    const path = parts.saved?.find((it) => it.id === block.artifact.id)?.path
    if (path !== undefined) parts.print.line(`  saved as ${harmless(path)}`)
  }
}

function linesOf(block: Exclude<Block, { kind: "picture" }>, { services, print }: RenderParts): string[] {
  switch (block.kind) {
    case "heading":
      return [print.bold(harmless(block.text))]
    case "text":
      return [harmless(block.quote === undefined ? block.text : block.text.replaceAll(/^/gm, "> "))]
    case "list":
      return block.items.map((item, index) => `  ${block.ordered ? `${index + 1}.` : "-"} ${harmless(item)}`)
    case "table":
      return tableLines(block.columns, block.rows)
    case "file":
      return [fileLine(block, services, print)]
    case "link":
      return [print.link(block.url, harmless(block.label))]
    case "progress":
      return [harmless(`${block.title}: ${block.text}`)]
    case "note":
      return [print.dim(harmless(block.text))]
    default:
      return []
  }
}

function fileLine(
  { artifact, label }: Extract<Block, { kind: "file" }>,
  { artifacts }: Services,
  print: Printer,
): string {
  const url = artifact.use === "model" ? artifacts.pageUrl(artifact) : artifacts.fileUrl(artifact)
  return `${print.bold(harmless(label))}  ${sizeInWords(artifact.bytes)}  ${print.link(url)}`
}

/** Columns of equal width, so that they read well in any font of fixed width and one after the other when spoken. */
function tableLines(columns: string[], rows: string[][]): string[] {
  const all = [columns, ...rows].map((cells) => cells.map(harmless))
  const widths = columns.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)))
  return all.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  )
}

async function printPicture(
  { artifact, alt }: Extract<Block, { kind: "picture" }>,
  { services, io, print }: RenderParts,
): Promise<void> {
  const protocol = await protocolOf(io)
  const drawn = protocol && (await inlinePicture(services.artifacts.path(artifact.id), protocol, io.columns))
  if (drawn) print.raw(`${drawn}\n`)
  print.line(`${print.dim(harmless(alt))}  ${print.link(services.artifacts.fileUrl(artifact))}`)
}
