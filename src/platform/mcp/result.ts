import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/server"
import { explain } from "#src/errors.ts"
import type { Explanation } from "#src/errors.ts"
import { thumbnail, type Thumbnail } from "#src/platform/artifacts/thumbnail.ts"
import type { Services } from "#src/studio.ts"
import type { ArtifactRef, NextAction, Reply } from "#src/tool.ts"

// Hosts hide the user interface over 8 KB of text, and cut errors off at about 11,000 characters.
const MAX_TEXT = 7_800
const MAX_ERROR = 10_800
const MAX_LINKS = 16

/**
 * A reply as an MCP result: short text with the plain links (most hosts show nothing else), one inline picture, a link per
 * file, and `structuredContent`: the fields of the tool's output, plus `artifacts`, `job` and `next` (see listing.ts).
 */
export async function toolResult(reply: Reply, artifacts: Services["artifacts"]): Promise<CallToolResult> {
  const files = (reply.artifacts ?? []).map((ref) => ({
    ...ref,
    url: artifacts.fileUrl(ref),
    page: artifacts.pageUrl(ref),
  }))
  const content: ContentBlock[] = [{ type: "text", text: textOf(reply, files) }]
  const picture = files.find((file) => file.use === "preview")
  const inline = picture && (await inlinePicture(picture.id, artifacts))
  if (inline)
    content.push({ type: "image", data: Buffer.from(inline.bytes).toString("base64"), mimeType: inline.mediaType })
  for (const file of files.slice(0, MAX_LINKS))
    content.push({
      type: "resource_link",
      uri: `asset://${file.id}`,
      name: file.name,
      mimeType: file.mediaType,
      size: file.bytes,
    })
  return {
    content,
    structuredContent: {
      ...reply.data,
      ...(files.length > 0 && { artifacts: files.map(factsOf) }),
      ...(reply.job && { job: reply.job }),
      ...(reply.next && reply.next.length > 0 && { next: reply.next }),
    },
  }
}

/** A reply is worth having without its picture: a missing file shows at its link. */
async function inlinePicture(id: string, artifacts: Services["artifacts"]): Promise<Thumbnail | undefined> {
  try {
    return await thumbnail(artifacts.path(id))
  } catch {
    return undefined
  }
}

/** What a person can fix, in words: the problem and what to do. */
export function failure(error: unknown, reference = ""): CallToolResult {
  return explained(explain(error, reference))
}

export function explained({ problem, hint }: Explanation): CallToolResult {
  return { isError: true, content: [{ type: "text", text: clip(`${problem} ${hint}`.trim(), MAX_ERROR) }] }
}

type LinkedFile = ArtifactRef & { url: string; page: string }

function factsOf({ id, name, mediaType, bytes, use, url, page }: LinkedFile) {
  return { id, name, mediaType, bytes, use, url, page }
}

function textOf({ say, next }: Reply, files: LinkedFile[]): string {
  const shown = files.find((file) => file.use === "model") ?? files.find((file) => file.use === "preview")
  const lines = [
    ...(shown && !say.includes(shown.page) ? [`View: ${shown.page}`] : []),
    ...files.filter((file) => !say.includes(file.url)).map((file) => `${file.name}: ${file.url}`),
    ...(next ?? []).map(stepLine),
  ]
  return [clip(say, MAX_TEXT / 2), ...fitting(lines, MAX_TEXT / 2)].join("\n")
}

function stepLine({ label, tool, input }: NextAction): string {
  return `Next: ${label} → ${tool} ${JSON.stringify(input)}`
}

/** As many whole lines as fit: half a link is worse than none. */
function fitting(lines: string[], room: number): string[] {
  let used = 0
  return lines.filter((line) => (used += line.length + 1) <= room)
}

function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`
}
