import { createHash } from "node:crypto"
import type { PageArtifacts } from "#bots/web/pages.ts"
import type { Artifact } from "#src/studio.ts"

/** 1 × 1 grey pixel. */
export const PIXEL = Uint8Array.from(
  Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADElEQVQI12OY1tMEAANgAaUFRBQhAAAAAElFTkSuQmCC",
    "base64",
  ),
)

/** Artifacts in memory with the store's addresses: "s=good" opens, "s=old" has expired. */
export function memoryArtifacts(origin: () => string) {
  const files = new Map<string, { artifact: Artifact; bytes: Uint8Array }>()
  const artifacts: PageArtifacts = {
    open: (url) => {
      const signature = url.searchParams.get("s")
      if (signature === "old") return { state: "expired" }
      if (signature !== "good") return { state: "invalid" }
      const found = files.get(url.pathname.split("/")[2] ?? "")
      return found ? { state: "ok", artifact: found.artifact } : { state: "absent" }
    },
    group: (accountId, group) =>
      [...files.values()].map((it) => it.artifact).filter((it) => it.accountId === accountId && it.group === group),
    fileUrlOnPage: (page, it) =>
      `${origin()}/files/${it.id}/${encodeURIComponent(it.name)}?page=x&s=${page.searchParams.get("s")}`,
  }
  return {
    artifacts,
    add: (it: Pick<Artifact, "id" | "name" | "mediaType" | "use"> & Partial<Artifact>, bytes: Uint8Array) => {
      const sha256 = createHash("sha256").update(bytes).digest("hex")
      const artifact: Artifact = { accountId: "me", createdAt: 0, facts: {}, bytes: bytes.byteLength, sha256, ...it }
      files.set(it.id, { artifact, bytes })
      return artifact
    },
    file: (request: Request) => {
      const found = files.get(new URL(request.url).pathname.split("/")[2] ?? "")
      return found && new Response(found.bytes.slice(), { headers: { "content-type": found.artifact.mediaType } })
    },
  }
}
