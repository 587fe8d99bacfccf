import type { FilePart, TextPart } from "ai"
import type { Incoming } from "#src/conversation/conversation.ts"
import { quote } from "#src/conversation/quoted.ts"
import { filesOf } from "#src/conversation/history.ts"
import type { ConversationParts } from "#src/conversation/parts.ts"
import type { Artifact } from "#src/studio.ts"

/** A picture that came along, as a model that can see is shown it. */
export interface Seen {
  artifact: Artifact
  mediaType: string
  bytes: Uint8Array
}

/** Each costs about as much as two pages of text, at every step of the answer. */
const MAX_PICTURES = 4
const MAX_FILE_BYTES = 50 * 1024 * 1024
const PICTURE = /^image\/(?:png|jpeg|webp|gif|avif)$/
const MAX_NAME = 200

/** The pictures of this turn, small. What cannot be read as one is left to the words that name it. */
export async function picturesOf(
  incomings: readonly Incoming[],
  { artifacts, pictures }: Pick<ConversationParts, "artifacts" | "pictures">,
  signal: AbortSignal,
): Promise<Seen[]> {
  if (!pictures) return []
  const ids = [...new Set(incomings.flatMap((it) => it.files ?? []))]
  const wanted = filesOf(ids, artifacts).filter(
    ({ mediaType, bytes }) => PICTURE.test(mediaType) && bytes <= MAX_FILE_BYTES,
  )
  const seen = wanted.slice(0, MAX_PICTURES).map(async (artifact) => {
    const small = await pictures(artifact.id, signal)
    return small ? [{ artifact, ...small }] : []
  })
  return (await Promise.all(seen)).flat()
}

/** Each picture after its name: that, and what is written in the picture, are words of others. */
export function pictureParts(seen: readonly Seen[]): (TextPart | FilePart)[] {
  return seen.flatMap(({ artifact: { name }, mediaType, bytes }) => [
    { type: "text", text: quote("the name of the picture that follows", name, MAX_NAME) },
    { type: "file", mediaType, data: bytes },
  ])
}
