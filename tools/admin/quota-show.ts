import { z } from "zod"
import { defineTool } from "#src/tool.ts"

const iso = (at: number) => new Date(at).toISOString()

export const tool = defineTool({
  name: "quota_show",
  title: "Show somebody's quota",
  description:
    "What an account may use, what it has used and holds, and why: where each limit comes from, who set it, when it resets; its top-ups, and whether it is blocked.",
  effect: "reads",
  cost: "free",
  role: "admin",
  input: z.object({
    user: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .optional()
      .describe("An account: its id, its exact name, or platform:id; left out: yourself."),
    tenant: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe("In this guild or workspace; left out: the one that the account is from."),
  }),
  output: z.object({
    account: z.object({ id: z.string(), name: z.string() }),
    tenant: z.string(),
    zone: z.string(),
    roles: z.array(z.string()),
    blocked: z.object({ until: z.string().optional(), reason: z.string(), set_by: z.string() }).optional(),
    lines: z.array(
      z.object({
        unit: z.string(),
        window: z.string(),
        limit: z.number().nullable().describe("null = unlimited"),
        used: z.number(),
        held: z.number(),
        why: z.string(),
        resets_at: z.string().optional(),
        top_up: z.string().optional().describe("Id of a top-up."),
      }),
    ),
  }),
  examples: [
    { say: "what may Ada still use?", input: { user: "Ada" } },
    { say: "why was I refused?", input: {} },
  ],
  // oxlint-disable-next-line require-await -- tools are asynchronous
  async run({ user, tenant }, { quota, caller }) {
    const by = { id: caller.accountId, surface: caller.surface }
    const found = quota.admin.show(by, user ?? caller.accountId, tenant)
    const { account, zone, roles, block, lines } = found
    const blocked = block && {
      reason: block.reason,
      set_by: block.setBy,
      ...(block.until === null ? {} : { until: iso(block.until) }),
    }
    return {
      say: [
        `${account.name} (${account.id}), ${roles.join(" and ")} in ${found.tenant}; days in ${zone}.`,
        ...(blocked ? [`Blocked ${blocked.until ? `until ${blocked.until}` : "until lifted"}: ${blocked.reason}`] : []),
        ...lines.map((line) => line.why),
      ].join("\n"),
      data: {
        account,
        tenant: found.tenant,
        zone,
        roles,
        ...(blocked ? { blocked } : {}),
        lines: lines.map(({ unit, window, limit, used, held, why, resetsAt, topUp }) => ({
          unit,
          window,
          limit,
          used,
          held,
          why,
          ...(resetsAt === undefined ? {} : { resets_at: iso(resetsAt) }),
          ...(topUp === undefined ? {} : { top_up: topUp }),
        })),
      },
    }
  },
})
