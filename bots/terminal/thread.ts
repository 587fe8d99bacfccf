import type { ThreadKey } from "#src/conversation/conversation.ts"

const MAX_NAME = 200

/** Where `chat` and `ask` talk unless they are told otherwise: what the one began, the other goes on with. */
export const DEFAULT_THREAD = "terminal"

/** The thread of this name, of whoever sits at this machine. */
export const threadKey = (name: string): ThreadKey => ({
  surface: "cli",
  tenantId: "local",
  thread: name.slice(0, MAX_NAME).toWellFormed(),
})
