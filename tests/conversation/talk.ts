import { createConversations } from "#src/conversation/conversations.ts"
import type { Conversations, Listening, Thread } from "#src/conversation/conversation.ts"
import type { ConversationParts } from "#src/conversation/parts.ts"
import type { Caller } from "#src/studio.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import type { Registry } from "#tools/registry.ts"

export interface Talk {
  studio: TestStudio
  conversations: Conversations
  caller: Caller
  thread: Thread
  say(text: string, listening?: Listening): ReturnType<Conversations["send"]>
  close(): Promise<void>
}

/** A conversation over a real studio, by default in command mode. */
export async function talk(
  registry: Registry,
  options: Partial<ConversationParts> & { studio?: TestStudio } = {},
): Promise<Talk> {
  const studio = options.studio ?? (await testStudio())
  const conversations = createConversations({
    ...studio.services,
    db: studio.db,
    registry: async () => registry,
    studioFor: (call) => ({ ...studio.call(call.caller, call), progress: call.progress }),
    keepDays: 30,
    ...options,
  })
  const { caller } = studio.call()
  const thread = conversations.open({ surface: "cli", tenantId: "local", thread: "t" }, caller)
  return {
    studio,
    conversations,
    caller,
    thread,
    say: (text, listening) => conversations.send(thread.id, { caller, text }, listening),
    close: async () => {
      await conversations.close()
      if (!options.studio) await studio.close()
    },
  }
}
