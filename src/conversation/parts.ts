import type { Limits } from "#src/conversation/limits.ts"
import type { LlmService } from "#src/platform/llm/create.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Caller, Clock, Services, Studio } from "#src/studio.ts"
import type { Tool } from "#src/tool.ts"
import type { Registry } from "#tools/registry.ts"

/** What the conversation core is made of; put together in the composition root. */
export interface ConversationParts extends Pick<Services, "items" | "artifacts" | "jobs" | "log"> {
  db: Db
  clock: Clock
  registry(): Promise<Registry>
  studioFor(call: Pick<Studio, "caller" | "signal" | "progress">): Studio
  /** Absent or without a model: command mode. */
  llm?: Pick<LlmService, "model" | "contextTokens" | "limits" | "commandsLast"> & Partial<Pick<LlmService, "sees">>
  /** An attached picture as it may be shown to a model; undefined when it cannot be read. Absent: no model is shown any. */
  pictures?(artifactId: string, signal: AbortSignal): Promise<{ mediaType: string; bytes: Uint8Array } | undefined>
  /** Days after which a thread that nobody uses is forgotten. */
  keepDays: number
  /** The values of an item under the names of the tools' fields, for relative words ("wider"). */
  parametersOf?(kind: string, data: unknown): Promise<Record<string, string | number> | undefined>
  /** Tools that a surface does not offer, beside what the role allows. Default: all are offered. */
  offers?(tool: Tool, caller: Caller): boolean
  limits?: Partial<Limits>
}
