import type { Command } from "#bots/terminal/command.ts"
import { command as ask } from "#bots/terminal/commands/ask.ts"
import { command as backup } from "#bots/terminal/commands/backup.ts"
import { command as call } from "#bots/terminal/commands/call.ts"
import { command as chat } from "#bots/terminal/commands/chat.ts"
import { command as doctor } from "#bots/terminal/commands/doctor.ts"
import { command as key } from "#bots/terminal/commands/key.ts"
import { command as mcp } from "#bots/terminal/commands/mcp.ts"
import { command as quota } from "#bots/terminal/commands/quota.ts"
import { command as restore } from "#bots/terminal/commands/restore.ts"
import { command as server } from "#bots/terminal/commands/server.ts"
import { command as start } from "#bots/terminal/commands/start.ts"
import { command as tools } from "#bots/terminal/commands/tools.ts"
import { command as worker } from "#bots/terminal/commands/worker.ts"

/** In the order of the help. */
export const commands: readonly Command[] = [
  start,
  chat,
  ask,
  call,
  tools,
  mcp,
  worker,
  doctor,
  server,
  key,
  quota,
  backup,
  restore,
]
