import type { JobContext, Progress, ServerRef } from "#src/job.ts"
import type { ModelFiles } from "#tests/servers/comfyui/object-info.ts"
import type { TestStudio } from "#tests/studio.ts"

/** Files as "folder/name", by folder, as a server has them. */
export function modelFolders(files: readonly string[]): ModelFiles {
  const folders: Record<string, string[]> = {}
  for (const file of files) {
    const slash = file.indexOf("/")
    ;(folders[file.slice(0, slash)] ??= []).push(file.slice(slash + 1))
  }
  return folders
}

/** What a worker gives a handler for a run on this server. */
export function contextFor(studio: TestStudio, url: string, told: Progress[] = []): JobContext {
  const { config, log, artifacts } = studio.services
  const server: ServerRef = { id: "srv_1", name: "box", kind: "comfyui", url, settings: { poll_ms: 50 } }
  return {
    jobId: "job_1",
    attempt: 1,
    accountId: "local",
    config,
    log,
    artifacts: artifacts.writerFor("local"),
    signal: new AbortController().signal,
    progress: (progress) => void told.push(progress),
    keep: async () => undefined,
    server,
  }
}
