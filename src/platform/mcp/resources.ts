import { readFile } from "node:fs/promises"
import type { CompleteResult, ReadResourceResult, Resource, ResourceTemplateType } from "@modelcontextprotocol/server"
import { inWords } from "#src/job.ts"
import type { Artifact, JobView, Project, Studio } from "#src/studio.ts"

const JSON_TYPE = "application/json"
/** Hosts refuse results over 1 MB; base64 takes four bytes for three. */
const MAX_INLINE_BYTES = 1024 * 1024
const MAX_LISTED = 50
/** Files are found through the jobs that made them: this many of the newest. */
const RECENT_JOBS = 25
const MAX_COMPLETIONS = 100
const URI = /^(project|asset|job):\/\/([A-Za-z0-9_-]{1,80})$/
const TEXT_TYPE = /^text\/|^application\/(json|xml)$|\+(json|xml)$/

export const RESOURCE_TEMPLATES: ResourceTemplateType[] = [
  {
    uriTemplate: "project://{id}",
    name: "project",
    title: "Project",
    description: "A project and what is in it.",
    mimeType: JSON_TYPE,
  },
  {
    uriTemplate: "asset://{id}",
    name: "asset",
    title: "File",
    description: "A file that the studio made: its content up to 1 MB, otherwise a link.",
  },
  {
    uriTemplate: "job://{id}",
    name: "job",
    title: "Job",
    description: "A piece of long work: state, progress, result.",
    mimeType: JSON_TYPE,
  },
]

/** The caller's projects, newest jobs and their files. */
export function listResources(studio: Studio): Resource[] {
  const jobs = recentJobs(studio)
  return [
    ...projects(studio).map((project) => ({
      uri: `project://${project.id}`,
      name: project.name,
      description: "Project",
      mimeType: JSON_TYPE,
    })),
    ...jobs.map((job) => ({
      uri: `job://${job.id}`,
      name: job.title,
      description: `Job, ${inWords(job)}`,
      mimeType: JSON_TYPE,
    })),
    ...filesOf(jobs, studio).map((file) => ({
      uri: `asset://${file.id}`,
      name: file.name,
      description: "File",
      mimeType: file.mediaType,
      size: file.bytes,
    })),
  ]
}

/** Undefined when there is no such thing, or it is somebody else's: both look the same. */
export async function readResource(uri: string, studio: Studio): Promise<ReadResourceResult | undefined> {
  const [, kind, id] = URI.exec(uri) ?? []
  if (!kind || !id) return undefined
  if (kind === "asset") return readAsset(uri, id, studio)
  const found = kind === "project" ? projectFacts(id, studio) : jobFacts(id, studio)
  if (!found) return undefined
  return { contents: [{ uri, mimeType: JSON_TYPE, text: JSON.stringify(found, undefined, 1) }] }
}

/** Ids that begin with what was typed; undefined for a template that is not ours. */
export function completeResource(
  template: string,
  typed: string,
  studio: Studio,
): CompleteResult["completion"] | undefined {
  const ids = {
    "project://{id}": () => projects(studio).map((project) => project.id),
    "asset://{id}": () => filesOf(recentJobs(studio), studio).map((file) => file.id),
    "job://{id}": () => recentJobs(studio).map((job) => job.id),
  }[template]
  return ids && completion(ids().filter((id) => id.startsWith(typed)))
}

/** The answer to a completion, within the protocol's 100 values. */
export function completion(values: string[]): CompleteResult["completion"] {
  return { values: values.slice(0, MAX_COMPLETIONS), total: values.length, hasMore: values.length > MAX_COMPLETIONS }
}

async function readAsset(uri: string, id: string, studio: Studio): Promise<ReadResourceResult | undefined> {
  const artifact = studio.artifacts.get(id)
  if (!artifact || artifact.accountId !== studio.caller.accountId) return undefined
  if (artifact.bytes > MAX_INLINE_BYTES) {
    const text = `${artifact.name} has ${artifact.bytes} bytes, more than fits here. Download it: ${studio.artifacts.fileUrl(artifact)}`
    return { contents: [{ uri, mimeType: "text/plain", text }] }
  }
  const bytes = await readFile(studio.artifacts.path(id))
  const mimeType = artifact.mediaType
  if (TEXT_TYPE.test(mimeType)) return { contents: [{ uri, mimeType, text: bytes.toString("utf8") }] }
  return { contents: [{ uri, mimeType, blob: bytes.toString("base64") }] }
}

function projects({ items, caller }: Studio): Project[] {
  return items.listProjects(caller.accountId).slice(0, MAX_LISTED)
}

function recentJobs({ jobs, caller }: Studio): JobView[] {
  return jobs.list(caller.accountId, { limit: RECENT_JOBS })
}

function filesOf(jobs: readonly JobView[], { jobs: all, artifacts, caller }: Studio): Artifact[] {
  const ids = jobs
    .flatMap((job) => (job.state === "done" ? (all.reply(job)?.artifacts ?? []) : []))
    .map((ref) => ref.id)
  return [...new Set(ids)]
    .slice(0, MAX_LISTED)
    .map((id) => artifacts.get(id))
    .filter((file) => file !== undefined)
    .filter((file) => file.accountId === caller.accountId)
}

function projectFacts(id: string, { items, caller }: Studio): unknown {
  const project = items.getProject(caller.accountId, id)
  if (!project) return undefined
  const inside = items.list(caller.accountId, { projectId: id, limit: MAX_LISTED })
  return {
    id,
    name: project.name,
    created_at: new Date(project.createdAt).toISOString(),
    items: inside.map((item) => ({ id: item.id, kind: item.kind, name: item.name, revision: item.head })),
  }
}

function jobFacts(id: string, studio: Studio): unknown {
  const job = studio.jobs.get(studio.caller.accountId, id)
  if (!job) return undefined
  const reply = job.state === "done" ? studio.jobs.reply(job) : undefined
  return {
    id,
    title: job.title,
    state: job.state,
    says: reply?.say ?? inWords(job),
    created_at: new Date(job.createdAt).toISOString(),
    ...(job.error && { error: `${job.error.problem} ${job.error.hint}` }),
    ...(reply && { result: reply.data, files: (reply.artifacts ?? []).map((file) => `asset://${file.id}`) }),
  }
}
