import { z } from "zod"
import { VERSION } from "#src/platform/version.ts"
import type { Check, QuotaLine } from "#src/studio.ts"
import { defineTool } from "#src/tool.ts"

const MOST_JOBS = 200

export const tool = defineTool({
  name: "studio_status",
  title: "Status of the studio",
  description:
    "What works right now and what is missing (with what to do about it), what is left of your allowance, and your queue.",
  effect: "reads",
  cost: "free",
  role: "viewer",
  input: z.object({}),
  output: z.object({
    version: z.string(),
    checks: z.array(
      z.object({
        name: z.string(),
        state: z.enum(["ok", "absent", "failing"]),
        detail: z.string(),
        hint: z.string().optional(),
      }),
    ),
    quota: z.array(
      z.object({
        unit: z.string(),
        window: z.string(),
        limit: z.number().nullable(),
        used: z.number(),
        held: z.number(),
        resets_at: z.string().optional(),
      }),
    ),
    queue: z.object({ waiting: z.number(), running: z.number() }),
  }),
  examples: [{ say: "is everything working?", input: {} }],
  async run(_, studio) {
    const { accountId, tenantId } = studio.caller
    const checks = await studio.health(studio.signal)
    const lines = studio.quota.show(accountId, tenantId)
    const open = studio.jobs.list(accountId, { states: ["waiting", "running"], limit: MOST_JOBS })
    const running = open.filter((job) => job.state === "running").length
    const queue = { waiting: open.length - running, running }
    return {
      say: [
        `Atelier ${VERSION}.`,
        ...checks.map(checkLine),
        ...lines.map(quotaLine),
        `Your queue: ${queue.waiting} waiting, ${queue.running} running.`,
      ].join("\n"),
      data: {
        version: VERSION,
        checks,
        quota: lines.map(({ unit, window, limit, used, held, resetsAt }) => ({
          unit,
          window,
          limit,
          used,
          held,
          ...(resetsAt !== undefined && { resets_at: new Date(resetsAt).toISOString() }),
        })),
        queue,
      },
    }
  },
})

function checkLine({ name, state, detail, hint }: Check): string {
  return `${name}: ${state}, ${detail}${state === "ok" || !hint ? "" : ` → ${hint}`}`
}

function quotaLine({ unit, window, limit, used, held, shared, topUp }: QuotaLine): string {
  const busy = held > 0 ? ` and ${held} held` : ""
  const amount = `${used} used${busy} of ${limit ?? "any number"}`
  if (topUp) return `${unit} as a top-up: ${amount}`
  return `${unit} ${window === "total" ? "in all" : `per ${window}`}${shared ? ", everybody together" : ""}: ${amount}`
}
