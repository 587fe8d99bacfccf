import { talk } from "#bots/terminal/chat/repl.ts"
import { defineCommand, DONE, INTERRUPTED } from "#bots/terminal/command.ts"
import { DEFAULT_THREAD } from "#bots/terminal/thread.ts"

export const command = defineCommand({
  name: "chat",
  usage: "chat [--thread NAME] [--json]",
  summary: "Talk to the studio: it remembers what you are working on.",
  details:
    'Works at a terminal and in a pipe (one line, one message). "/help" inside lists /files, /jobs, /undo, /quota, /history and more.',
  options: {
    thread: { type: "string", value: "NAME", help: `Go on with this thread (default "${DEFAULT_THREAD}").` },
    json: { type: "boolean", help: "Print every event of the thread as one JSON object a line." },
  },
  words: [0, 0],
  async run({ values, host, io, print }) {
    const open = await host.open()
    try {
      await talk({ open, io, print, thread: values.thread ?? DEFAULT_THREAD, json: values.json === true })
    } finally {
      await open.close()
    }
    return io.signal.aborted ? INTERRUPTED : DONE
  },
})
