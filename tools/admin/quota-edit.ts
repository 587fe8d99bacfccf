import { z } from "zod"
import { changesSchema } from "#src/platform/quota/changes.ts"
import { defineTool } from "#src/tool.ts"

export const tool = defineTool({
  name: "quota_edit",
  title: "Change quotas",
  description:
    "Sets and removes limits (of an account, a role, a tenant's members, everyone), gives top-ups, resets what was used, sets a tenant's budget and time zone, blocks and unblocks. A list of operations: all of them or, when one cannot be done, none. Each is written to the log with its reason.",
  effect: "writes",
  cost: "free",
  role: "admin",
  input: z.object({ operations: changesSchema.describe("What to change, in this order.") }),
  output: z.object({
    changes: z.array(
      z.object({
        action: z.string(),
        target: z.string(),
        text: z.string(),
        id: z.string().optional().describe("Of a new top-up."),
      }),
    ),
  }),
  examples: [
    {
      say: "users get 600 GPU seconds a day, the workspace 20000 a month",
      input: {
        operations: [
          { do: "set", target: "role:user", unit: "gpu_seconds", per: "day", amount: 600 },
          { do: "budget", unit: "gpu_seconds", per: "month", amount: 20_000 },
        ],
      },
    },
    {
      say: "give Ada 500 GPU seconds for a week",
      input: {
        operations: [
          { do: "grant", user: "Ada", unit: "gpu_seconds", amount: 500, expires: "7d", reason: "trade fair" },
        ],
      },
    },
    { say: "block Bob", input: { operations: [{ do: "block", user: "Bob", until: "2d", reason: "spam" }] } },
  ],
  // oxlint-disable-next-line require-await -- tools are asynchronous
  async run({ operations }, { quota, caller }) {
    const done = quota.admin.change({ id: caller.accountId, surface: caller.surface }, operations)
    return {
      say: done.map(({ say }) => say).join("\n"),
      data: { changes: done.map(({ say: text, ...change }) => ({ ...change, text })) },
    }
  },
})
