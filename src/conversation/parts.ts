import type { LlmService } from "#src/platform/llm/create.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock, Services, Studio } from "#src/studio.ts"
import type { Registry } from "#tools/registry.ts"

/** What the conversation core is made of; put together in the composition root. */
export interface ConversationParts extends Pick<Services, "items" | "artifacts" | "jobs" | "log"> {
  db: Db
  clock: Clock
  registry(): Promise<Registry>
  studioFor(call: Pick<Studio, "caller" | "signal" | "progress">): Studio
  /** Absent or without a model: command mode. */
  llm?: Pick<LlmService, "model" | "contextTokens" | "limits" | "commandsLast">
  /** Days after which a thread that nobody uses is forgotten. */
  keepDays: number
  /** The values of an item under the names of the tools' fields, for relative words ("wider"). */
  parametersOf?(kind: string, data: unknown): Promise<Record<string, string | number> | undefined>
}
