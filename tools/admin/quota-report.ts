import { z } from "zod"
import { logInWords, settingsInWords, topInWords } from "#src/platform/quota/report.ts"
import { units } from "#src/platform/quota/units.ts"
import { defineTool } from "#src/tool.ts"

const MOST = 200

const iso = (at: number) => new Date(at).toISOString()
const recordOf = (value: unknown) =>
  typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : null

export const tool = defineTool({
  name: "quota_report",
  title: "Report on quotas",
  description:
    "limits: every limit, budget, top-up, block and time zone in force. top: who used most in the current window. log: what was changed, by whom and why, newest first.",
  effect: "reads",
  cost: "free",
  role: "admin",
  input: z.object({
    about: z.enum(["limits", "top", "log"]).describe("Which report."),
    unit: z.enum(units).default("gpu_seconds").describe("Of top: what is counted."),
    per: z.enum(["hour", "day", "week", "month", "total"]).default("month").describe("Of top: the window."),
    tenant: z.string().min(1).max(200).optional().describe("Of top: only this guild or workspace; left out: all."),
    user: z.string().trim().min(1).max(200).optional().describe("Of log: only what concerns this account."),
    limit: z.number().int().min(1).max(MOST).default(20).describe("Of top and log: how many lines at most."),
  }),
  output: z.object({
    limits: z
      .array(
        z.object({
          target: z.string(),
          unit: z.string(),
          window: z.string(),
          amount: z.number().nullable(),
          set_by: z.string(),
          set_at: z.string(),
        }),
      )
      .optional(),
    top_ups: z
      .array(
        z.object({
          id: z.string(),
          account: z.string(),
          unit: z.string(),
          amount: z.number(),
          used: z.number(),
          held: z.number(),
          expires_at: z.string().optional(),
          reason: z.string(),
        }),
      )
      .optional(),
    blocks: z.array(z.object({ account: z.string(), until: z.string().optional(), reason: z.string() })).optional(),
    zones: z.array(z.object({ tenant: z.string(), zone: z.string() })).optional(),
    top: z.array(z.object({ account: z.string(), name: z.string(), used: z.number(), held: z.number() })).optional(),
    log: z
      .array(
        z.object({
          at: z.string(),
          actor: z.string(),
          surface: z.string(),
          action: z.string(),
          target: z.string(),
          before: z.record(z.string(), z.unknown()).nullable(),
          after: z.record(z.string(), z.unknown()).nullable(),
          reason: z.string(),
        }),
      )
      .optional(),
  }),
  examples: [
    { say: "who used most GPU time this month?", input: { about: "top", unit: "gpu_seconds", per: "month" } },
    { say: "which limits are there?", input: { about: "limits" } },
    { say: "who changed Ada's quota?", input: { about: "log", user: "Ada" } },
  ],
  // oxlint-disable-next-line require-await -- tools are asynchronous
  async run({ about, unit, per, tenant, user, limit }, { quota: { admin }, caller }) {
    const by = { id: caller.accountId, surface: caller.surface }
    if (about === "top") {
      const top = admin.top(by, { unit, span: per, limit, ...(tenant === undefined ? {} : { tenantId: tenant }) })
      return {
        say: topInWords(top, unit, per),
        data: { top: top.map(({ accountId, ...line }) => ({ account: accountId, ...line })) },
      }
    }
    if (about === "log") {
      const lines = admin.log(by, { limit, ...(user === undefined ? {} : { user }) })
      return {
        say: logInWords(lines),
        data: {
          log: lines.map(({ at, actor, surface, action, target, before, after, reason }) => ({
            at: iso(at),
            actor,
            surface,
            action,
            target,
            before: recordOf(before),
            after: recordOf(after),
            reason,
          })),
        },
      }
    }
    const settings = admin.settings(by)
    const { limits, grants, blocks, zones } = settings
    return {
      say: settingsInWords(settings),
      data: {
        limits: limits.map(({ span, setBy, setAt, ...it }) => ({
          ...it,
          window: span,
          set_by: setBy,
          set_at: iso(setAt),
        })),
        top_ups: grants.map(({ id, accountId, unit: of, amount, used, held, expiresAt, reason }) => ({
          id,
          account: accountId,
          unit: of,
          amount,
          used,
          held,
          reason,
          ...(expiresAt === null ? {} : { expires_at: iso(expiresAt) }),
        })),
        blocks: blocks.map(({ accountId, until, reason }) => ({
          account: accountId,
          reason,
          ...(until === null ? {} : { until: iso(until) }),
        })),
        zones: zones.map(({ tenantId, zone }) => ({ tenant: tenantId, zone })),
      },
    }
  },
})
