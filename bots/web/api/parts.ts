import type { Hub } from "#bots/web/api/events/hub.ts"
import type { Answering } from "#bots/web/api/types.ts"
import type { ActiveSession, Sessions } from "#bots/web/session.ts"
import type { Conversations } from "#src/conversation/conversation.ts"
import type { Accounts } from "#src/platform/accounts/accounts.ts"
import type { ChangeFeed } from "#src/platform/changes.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Caller, Services, Studio } from "#src/studio.ts"
import type { Registry } from "#tools/registry.ts"

/** What a family says about a thing of its own, for the parameter panel. */
export interface ItemWords {
  /** One line. */
  description: string
  /** Values by the names of the fields of its edit tool. */
  parameters: Record<string, string | number | boolean>
}

export interface WebApiOptions {
  services: Services
  registry(): Promise<Registry>
  studioFor(call: Pick<Studio, "caller" | "signal" | "progress"> & { idempotencyKey?: string }): Studio
  conversations: Conversations
  sessions: Sessions
  changes: ChangeFeed
  accounts: Pick<Accounts, "get">
  db: Db
  /** Whoever sits at this machine: whose locale counts when the account has none. */
  owner: Caller
  answering(): Answering
  /** The words of the item's family; undefined when it has none. */
  describe(kind: string, data: unknown): Promise<ItemWords | undefined>
  examples: readonly string[]
  mcpUrl(): string
  /** Messages and presses a session may send within a minute. */
  messagesPerMinute?: number
}

/** What the handlers share. */
export interface WebParts extends WebApiOptions {
  hub: Hub
  messagesPerMinute: number
}

/** One request by somebody who is known. */
export interface Visit {
  session: ActiveSession
  caller: Caller
}

/** The types of the router. */
export interface WebEnv {
  Variables: { visit: Visit }
}
