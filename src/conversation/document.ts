import type { ArtifactRef } from "#src/tool.ts"
import type { Call } from "#src/conversation/result.ts"

/** What a button does when it is pressed. Surfaces carry only the id of the button; the rest stays on the server. */
export type Press =
  /** Carries out this call as the person's own wish. */
  | { kind: "call"; call: Call }
  /** Says this sentence on the person's behalf. */
  | { kind: "say"; text: string }
  /** Agrees to a costly or destroying step that was described: bound to the person who was asked. */
  | { kind: "confirm"; call: Call }
  | { kind: "decline" }

/** One piece of an answer. Surfaces render the kinds they know and fall back to the text of the others. */
export type Block =
  | { kind: "heading"; text: string }
  /** Plain text with Markdown's emphasis, code and links only. Quoted text of others is marked by `quote`. */
  | { kind: "text"; text: string; quote?: string }
  | { kind: "list"; ordered: boolean; items: string[] }
  | { kind: "table"; columns: string[]; rows: string[][] }
  | { kind: "picture"; artifact: ArtifactRef; alt: string }
  | { kind: "file"; artifact: ArtifactRef; label: string }
  | { kind: "link"; url: string; label: string }
  | { kind: "button"; id: string; label: string; tone: "plain" | "yes" | "danger" }
  | { kind: "progress"; jobId: string; title: string; text: string; fraction?: number }
  /** A remark about how the answer came about: command mode, model and cost, defaults, what was not used. */
  | { kind: "note"; tone: "info" | "warning" | "error"; text: string }

/** An answer, or a part of it. */
export type Doc = Block[]

/** The words of a document without any markup: notifications, screen readers, logs, models. */
export function plainText(doc: Doc): string {
  return doc.map(wordsOf).filter(Boolean).join("\n")
}

function wordsOf(block: Block): string {
  switch (block.kind) {
    case "heading":
    case "text":
    case "note":
      return block.text
    case "list":
      return block.items.map((item, index) => `${block.ordered ? `${index + 1}.` : "-"} ${item}`).join("\n")
    case "table":
      return [block.columns, ...block.rows].map((cells) => cells.join(" | ")).join("\n")
    case "picture":
      return block.alt
    case "file":
    case "link":
    case "button":
      return block.label
    default:
      return `${block.title}: ${block.text}`
  }
}
