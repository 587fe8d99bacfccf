import { numberOption, UsageError } from "#bots/terminal/arguments.ts"
import { defineCommand, DONE } from "#bots/terminal/command.ts"
import { harmless } from "#bots/terminal/printer.ts"
import { quotaCall, QUOTA_USAGE } from "#bots/terminal/quota-words.ts"
import { withStudio } from "#bots/terminal/session.ts"

const MOST_LINES = 200

export const command = defineCommand({
  name: "quota",
  usage: "quota show | set | remove | grant | reset | budget | block | unblock | list | top | log | zone …",
  summary: "Who may use how much of the studio, and who has used what.",
  details: `
${QUOTA_USAGE.map((line) => `  atelier ${line}`).join("\n")}

A user is an account: its id, its exact name, or platform:id such as discord:80351110224678912. A target is a user (for that one
alone), role:user (viewer, user, service, admin), tenant:<id> (each member of a guild or workspace) or everyone; the first of
these that has a limit counts, and of several roles the highest. A budget is for all members of a tenant together, in addition.
Units: jobs, cpu_seconds, gpu_seconds, llm_tokens, credits, storage_bytes (10GB). Windows: hour, day, week, month, total.
0 allows nothing, "unlimited" everything. A top-up is spent after the allowance; the one that expires first goes first.
A moment is 12h, 7d, 2w, a date, or a time such as 2026-12-31T18:00:00+01:00.

  atelier quota set role:user gpu_seconds 600 per day --reason "spring term"
  atelier quota grant Ada gpu_seconds 500 --expires 7d
  atelier quota budget gpu_seconds 20000 per month
  atelier quota top gpu_seconds month`,
  options: {
    reason: { type: "string", value: "TEXT", help: "Why; kept in the log." },
    expires: { type: "string", value: "MOMENT", help: "With grant: when what is left of it ends." },
    until: { type: "string", value: "MOMENT", help: "With block: when it ends by itself." },
    tenant: {
      type: "string",
      value: "ID",
      help: 'With show, budget, top and zone: a guild or workspace (default: "local", the studio itself).',
    },
    limit: { type: "string", value: "N", help: "With top and log: how many lines at most (default 20)." },
    json: { type: "boolean", help: "Print one JSON document instead of text." },
  },
  words: [1, 6],
  async run({ values, positionals, host, io, print }) {
    const [verb = "", ...words] = positionals
    const { tool, input } = quotaCall(verb, words, {
      ...values,
      limit: numberOption("limit", values.limit, 1, MOST_LINES),
    })
    return withStudio(host, io, async (open, studio) => {
      if (!open.registry.get(tool))
        throw new UsageError(`There is no tool "${tool}" here.`, "Quotas are administered where the studio runs.")
      const reply = await open.registry.callTool(tool, input, studio)
      if (values.json) print.json(reply.data)
      else for (const line of reply.say.split("\n")) print.line(harmless(line))
      return DONE
    })
  },
})
