import { z } from "zod"
import type { ItemCard, JobCard, WebBlock, WebFile, WebMessage, WebThreadEvent } from "#bots/web/api/types.ts"
import { artifactRef } from "#src/artifact-ref.ts"
import type { Message, ThreadEvent } from "#src/conversation/conversation.ts"
import type { Block } from "#src/conversation/document.ts"
import { contentGroup } from "#src/job.ts"
import type { Artifact, Artifacts, Item, JobView, Revision, Services } from "#src/studio.ts"
import type { ArtifactRef } from "#src/tool.ts"

const withFiles = z.object({ artifacts: z.array(artifactRef) })
const withGroup = z.object({ group: z.string().max(200) })

/** Without the host: the page may have been opened under another name of this machine, and loads from its own only. */
function here(address: string): string {
  const url = new URL(address)
  return url.pathname + url.search
}

export function webFile(artifacts: Artifacts, artifact: Artifact): WebFile {
  const { id, name, mediaType, bytes, sha256, use, facts } = artifact
  return {
    id,
    name,
    mediaType,
    bytes,
    sha256,
    use,
    facts,
    url: here(artifacts.fileUrl(artifact)),
    downloadUrl: here(artifacts.fileUrl(artifact, { download: true })),
    pageUrl: here(artifacts.pageUrl(artifact)),
  }
}

/** The files that are still there. */
export function webFiles(artifacts: Artifacts, refs: readonly ArtifactRef[]): WebFile[] {
  return refs.flatMap(({ id }) => {
    const artifact = artifacts.get(id)
    return artifact ? [webFile(artifacts, artifact)] : []
  })
}

export function webMessage(artifacts: Artifacts, message: Message): WebMessage {
  return { ...message, doc: message.doc.map((block) => webBlock(artifacts, block)) }
}

function webBlock(artifacts: Artifacts, block: Block): WebBlock {
  if (block.kind !== "picture" && block.kind !== "file") return block
  const [file] = webFiles(artifacts, [block.artifact])
  return file ? { ...block, file } : block
}

export function webThreadEvent(artifacts: Artifacts, event: ThreadEvent): WebThreadEvent {
  return "message" in event ? { ...event, message: webMessage(artifacts, event.message) } : event
}

export function jobCard(artifacts: Artifacts, view: JobView): JobCard {
  const { id, type, title, state, progress, position, etaS, error, createdAt, startedAt, endedAt } = view
  const group = withGroup.safeParse(view.payload).data?.group
  return {
    id,
    type,
    title,
    state,
    createdAt,
    files: webFiles(artifacts, withFiles.safeParse(view.result).data?.artifacts ?? []),
    ...(group === undefined ? {} : { group }),
    ...(progress === undefined ? {} : { progress }),
    ...(position === undefined ? {} : { position }),
    ...(etaS === undefined ? {} : { etaS }),
    ...(error === undefined ? {} : { error }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
  }
}

/** Kinds whose content is small enough to be read for a list. */
const MAX_LISTED_DATA = 64 * 1024

/** `dataBytes`: size of the head's content, which is read only when it is small. */
export function itemCard(services: Pick<Services, "items" | "artifacts">, item: Item, dataBytes: number): ItemCard {
  const { id, projectId, kind, name, head, createdAt, updatedAt } = item
  const revision = dataBytes <= MAX_LISTED_DATA ? services.items.revision(id, head) : undefined
  const picture = revision && filesOf(services, revision).find(isPicture)
  return {
    id,
    projectId,
    kind,
    name,
    head,
    createdAt,
    updatedAt,
    ...(picture ? { pictureUrl: here(services.artifacts.fileUrl(picture)) } : {}),
  }
}

/** What was made of a revision so far. */
export function filesOf({ artifacts }: Pick<Services, "artifacts">, { accountId, data }: Revision): Artifact[] {
  return artifacts.group(accountId, contentGroup(data))
}

export function isPicture({ mediaType }: Artifact): boolean {
  return /^image\/(png|jpeg|webp|gif|avif)$/.test(mediaType)
}

export function isModel({ mediaType, use }: Artifact): boolean {
  return mediaType === "model/gltf-binary" && use === "model"
}
