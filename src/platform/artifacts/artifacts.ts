import { existsSync } from "node:fs"
import { join } from "node:path"
import type { Logger } from "pino"
import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { createBlobs, tooLarge, type Blobs, type StagedBlob } from "#src/platform/artifacts/blobs.ts"
import { safeFileName } from "#src/platform/artifacts/file-name.ts"
import { parseAddress } from "#src/platform/artifacts/address.ts"
import { collectGarbage, dropIfUnused, type Collected } from "#src/platform/artifacts/garbage.ts"
import { linkExpiry, loadSecret, signLink, verifyLink } from "#src/platform/artifacts/links.ts"
import type { Config } from "#src/platform/config.ts"
import type { Db } from "#src/platform/store/db.ts"
import { newId } from "#src/platform/store/id.ts"
import type { Artifact, ArtifactInput, Artifacts, Clock } from "#src/studio.ts"

/** What a signed address opens. */
export type Opened = { state: "ok"; artifact: Artifact } | { state: "expired" | "invalid" | "absent" }

/** The store as the studio's own services see it. */
export interface ArtifactStore extends Artifacts {
  /** Checks the signature of a /files/<id>/<name> or /view/<id> address and finds what it names. */
  open(url: URL): Opened
  /** Address of a file for the viewer page `page` (a verified /view/… URL): allowed for what the page shows, and no longer than it. */
  fileUrlOnPage(page: URL, artifact: Artifact): string
  /** Distinct bytes that the account keeps. */
  storageBytes: (accountId: string) => number
  /** Throws UserError "too_large" or "quota" when this could not be stored: asked before the bytes are sent. */
  requireRoom(accountId: string, file: { sha256: string; bytes: number }): void
  /** Lets go of everything that `owner` kept alive. */
  unlink(owner: string): void
  /** Removes artifacts without owner that were not used for `keepDays`, blobs without artifact and stale temporary files. */
  collectGarbage(options: { keepDays: number; signal?: AbortSignal }): Promise<Collected>
}

export interface ArtifactParts {
  db: Db
  config: Pick<Config, "dataDir" | "maxFileBytes" | "linkHours">
  clock: Clock
  /** Where the outside reaches the studio, without a slash at the end. Asked each time: the port may be known late. */
  baseUrl: () => string
  log: Logger
  /** Throws UserError "quota" when the account cannot keep `bytes` more. Asked inside the transaction that stores a file. */
  requireRoom?: (accountId: string, bytes: number) => void
}

const ARTIFACT = `id, account_id AS accountId, sha256, name, group_key AS "group", media_type AS mediaType, bytes,
  "use", facts, created_at AS createdAt`
const artifactRow = z
  .object({
    id: z.string(),
    accountId: z.string(),
    sha256: z.string(),
    name: z.string(),
    group: z.string(),
    mediaType: z.string(),
    bytes: z.number(),
    use: z.enum(["preview", "model", "file"]),
    facts: z.string().transform((text) => z.record(z.string(), z.string()).parse(JSON.parse(text))),
    createdAt: z.number(),
  })
  .transform(({ group, ...rest }): Artifact => (group ? { ...rest, group } : rest))
const inputShape = z.object({
  name: z.string(),
  use: z.enum(["preview", "model", "file"]),
  facts: z
    .record(z.string().max(60), z.string().max(300))
    .refine((facts) => Object.keys(facts).length <= 40, "at most 40 facts")
    .default({}),
  group: z.string().max(200).default(""),
})
const sumRow = z.object({ sum: z.number() })

export function createArtifacts(parts: ArtifactParts): ArtifactStore {
  const { db, config, clock } = parts
  const secret = loadSecret(config.dataDir)
  const blobs = createBlobs(join(config.dataDir, "blobs"), config.maxFileBytes)

  const get = (id: string) => db.get(artifactRow, `SELECT ${ARTIFACT} FROM artifact WHERE id = :id`, { id })

  const path = (id: string): string => {
    const artifact = get(id)
    if (!artifact) throw absent(id)
    const file = blobs.path(artifact.sha256)
    if (!existsSync(file)) {
      parts.log.error({ artifact: id, sha256: artifact.sha256 }, "the bytes of an artifact are missing")
      throw absent(id)
    }
    return file
  }

  /** One transaction with the rename inside: garbage collection takes the same lock, so it never meets a half-made one. */
  const record = (accountId: string, blob: StagedBlob, input: z.output<typeof inputShape>): Artifact =>
    db.tx(() => {
      parts.requireRoom?.(accountId, has(db, accountId, blob.sha256) ? 0 : blob.bytes)
      blobs.keep(blob)
      db.run(
        `INSERT INTO artifact (id, account_id, sha256, name, group_key, media_type, bytes, "use", facts, created_at, used_at)
         VALUES (:id, :accountId, :sha256, :name, :group, :mediaType, :bytes, :use, :facts, :now, :now)
         ON CONFLICT (account_id, sha256, name, group_key)
         DO UPDATE SET used_at = excluded.used_at, "use" = excluded."use",
           facts = CASE excluded.facts WHEN '{}' THEN facts ELSE excluded.facts END`,
        {
          id: newId("art"),
          accountId,
          sha256: blob.sha256,
          name: input.name,
          group: input.group,
          mediaType: blob.mediaType,
          bytes: blob.bytes,
          use: input.use,
          facts: JSON.stringify(input.facts),
          now: clock.now(),
        },
      )
      const stored = db.get(
        artifactRow,
        `SELECT ${ARTIFACT} FROM artifact WHERE account_id = :accountId AND sha256 = :sha256 AND name = :name AND group_key = :group`,
        { accountId, sha256: blob.sha256, name: input.name, group: input.group },
      )
      if (!stored) throw new Error("an artifact that was just stored is absent")
      return stored
    })

  const put = async (accountId: string, source: Parameters<Blobs["stage"]>[0], given: ArtifactInput) => {
    const input = inputShape.parse(given)
    const blob = await blobs.stage(source)
    try {
      return record(accountId, blob, { ...input, name: safeFileName(input.name, blob.mediaType) })
    } catch (error) {
      await blobs.discard(blob)
      dropIfUnused(db, blobs, blob.sha256)
      throw error
    }
  }

  const url = (decodedPath: string, extra = ""): string => {
    const expiry = linkExpiry(clock.now(), config.linkHours)
    const encoded = decodedPath.split("/").map(encodeURIComponent).join("/")
    return `${parts.baseUrl()}${encoded}?e=${expiry}&s=${signLink(secret, decodedPath, expiry)}${extra}`
  }

  const open = (address: URL): Opened => {
    const found = parseAddress(address)
    if (!found) return { state: "absent" }
    const query = address.searchParams
    const given = { expiry: query.get("e"), signature: query.get("s") }
    const page = found.kind === "files" ? query.get("page") : null
    const state = verifyLink(secret, page === null ? found.path : `/view/${page}`, given, clock.now())
    if (state !== "ok") return { state }
    const artifact = get(found.id)
    if (!artifact || (found.name !== undefined && found.name !== artifact.name)) return { state: "absent" }
    if (page !== null && page !== artifact.id && !sameGroup(get(page), artifact)) return { state: "invalid" }
    return { state: "ok", artifact }
  }

  return {
    get,
    path,
    open,
    storageBytes: (accountId) => storedBytes(db, accountId),
    requireRoom: (accountId, { sha256, bytes }) => {
      if (bytes > config.maxFileBytes) throw tooLarge(config.maxFileBytes)
      parts.requireRoom?.(accountId, has(db, accountId, sha256) ? 0 : bytes)
    },
    writerFor: (accountId) => ({
      put: (source, input) => put(accountId, source, input),
      path: async (id) => {
        if (get(id)?.accountId !== accountId) throw absent(id)
        return path(id)
      },
    }),
    group: (accountId, group) =>
      db.all(
        artifactRow,
        `SELECT ${ARTIFACT} FROM artifact WHERE account_id = :accountId AND group_key = :group AND group_key <> ''
         ORDER BY created_at, name LIMIT 200`,
        { accountId, group },
      ),
    fileUrl: (artifact, options = {}) =>
      url(`/files/${artifact.id}/${artifact.name}`, options.download ? "&download=1" : ""),
    pageUrl: (artifact) => url(`/view/${artifact.id}`),
    fileUrlOnPage: (page, artifact) => {
      const id = parseAddress(page)?.id ?? ""
      const query = new URLSearchParams({
        page: id,
        e: page.searchParams.get("e") ?? "",
        s: page.searchParams.get("s") ?? "",
      })
      return `${parts.baseUrl()}/files/${artifact.id}/${encodeURIComponent(artifact.name)}?${query}`
    },
    link: (owner, ids) =>
      db.tx(() => {
        for (const id of ids) {
          if (!get(id)) throw absent(id)
          db.run(
            "INSERT INTO artifact_link (owner, artifact_id, created_at) VALUES (:owner, :id, :now) ON CONFLICT DO NOTHING",
            { owner, id, now: clock.now() },
          )
        }
      }),
    unlink: (owner) => {
      db.run("DELETE FROM artifact_link WHERE owner = :owner", { owner })
    },
    collectGarbage: (options) => collectGarbage({ db, blobs, clock, log: parts.log }, options),
  }
}

function absent(id: string): UserError {
  return new UserError(
    `There is no file "${id.slice(0, 80)}".`,
    "It may have been cleaned up; make it again.",
    "not_found",
  )
}

function sameGroup(page: Artifact | undefined, artifact: Artifact): boolean {
  return page?.group !== undefined && page.group === artifact.group && page.accountId === artifact.accountId
}

/** Distinct bytes that an account keeps. */
export function storedBytes(db: Db, accountId: string): number {
  const found = db.get(
    sumRow,
    `SELECT coalesce(sum(bytes), 0) AS sum FROM
       (SELECT max(bytes) AS bytes FROM artifact WHERE account_id = :accountId GROUP BY sha256)`,
    { accountId },
  )
  return found?.sum ?? 0
}

function has(db: Db, accountId: string, sha256: string): boolean {
  const sql = "SELECT count(*) AS sum FROM artifact WHERE account_id = :accountId AND sha256 = :sha256"
  return (db.get(sumRow, sql, { accountId, sha256 })?.sum ?? 0) > 0
}
