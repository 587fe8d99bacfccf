import type { Io } from "#bots/terminal/host.ts"
import { inlinePicture, protocolOf } from "#bots/terminal/picture.ts"
import { harmless, type Printer } from "#bots/terminal/printer.ts"
import type { SavedFile } from "#bots/terminal/save.ts"
import type { Services } from "#src/studio.ts"
import type { ArtifactRef, JobRef, NextAction } from "#src/tool.ts"

export interface Shown {
  say: string
  data: Record<string, unknown>
  artifacts: ArtifactRef[]
  next: NextAction[]
  job?: JobRef
}

const REACH_MS = 500

/** Prints a reply for people: words, picture where the terminal can, files with links, what to do next. */
export async function printReply(
  shown: Shown,
  saved: readonly SavedFile[],
  services: Services,
  io: Io,
  print: Printer,
): Promise<void> {
  print.line(harmless(shown.say))
  const picture = shown.artifacts.find((it) => it.use === "preview")
  const protocol = picture ? await protocolOf(io) : undefined
  if (picture && protocol) {
    const drawn = await inlinePicture(services.artifacts.path(picture.id), protocol, io.columns)
    if (drawn) print.raw(`${drawn}\n`)
  }
  for (const ref of shown.artifacts) {
    const url = ref.use === "model" ? services.artifacts.pageUrl(ref) : services.artifacts.fileUrl(ref)
    const path = saved.find((it) => it.id === ref.id)?.path
    print.line(
      `${print.bold(harmless(ref.name))}  ${sizeInWords(ref.bytes)}  ${print.link(url)}${path ? `\n  saved as ${harmless(path)}` : ""}`,
    )
  }
  if (shown.artifacts.length > 0) await printReach(services, print)
  if (shown.job && shown.job.state !== "done") print.line(`job ${shown.job.id}: ${shown.job.state}`)
  for (const step of shown.next) print.line(print.dim(stepLine(step)))
}

/** Says so when links lead nowhere now. */
export async function printReach(services: Services, print: Printer): Promise<void> {
  if (!(await isServed(services))) print.line(print.dim('The links open while the studio runs: "atelier start".'))
}

export const stepLine = ({ label, tool, input }: NextAction): string => `${harmless(label)}: ${commandFor(tool, input)}`

/** Whether somebody answers where the links point. */
async function isServed({ artifacts }: Services): Promise<boolean> {
  const anywhere = artifacts.pageUrl({ id: "any", name: "any", mediaType: "", bytes: 0, sha256: "", use: "file" })
  try {
    const answer = await fetch(new URL("/health/live", anywhere), { signal: AbortSignal.timeout(REACH_MS) })
    return answer.ok
  } catch {
    return false
  }
}

/** The structured result: the tool's own fields, plus the files with their links, the job and the next steps. */
export function structured(
  shown: Omit<Shown, "say">,
  saved: readonly SavedFile[],
  services: Services,
): Record<string, unknown> {
  const artifacts = shown.artifacts.map(({ sha256, ...ref }) => {
    const path = saved.find((it) => it.id === ref.id)?.path
    const full = { ...ref, sha256 }
    return {
      ...full,
      url: services.artifacts.fileUrl(full),
      page: services.artifacts.pageUrl(full),
      ...(path ? { path } : {}),
    }
  })
  return {
    ...shown.data,
    ...(artifacts.length > 0 ? { artifacts } : {}),
    ...(shown.job ? { job: shown.job } : {}),
    ...(shown.next.length > 0 ? { next: shown.next } : {}),
  }
}

export function sizeInWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** The command line that makes this call, quoted for a POSIX shell. */
export const commandFor = (tool: string, input: Record<string, unknown>): string =>
  `atelier call ${tool} ${shellQuote(JSON.stringify(input))}`

export const shellQuote = (text: string): string => `'${harmless(text).replaceAll("'", `'\\''`)}'`
