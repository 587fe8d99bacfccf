import { z } from "zod"
import { units } from "#src/platform/quota/units.ts"

/** The most that anything can be limited to; far beyond what a studio can do. */
const MOST = 1_000_000_000_000_000
const MAX_CHANGES = 50

const text = (most: number, what: string) => z.string().trim().min(1).max(most).describe(what)
const reason = z.string().trim().max(300).optional().describe("Why; kept in the log.")
const unit = z.enum(units).describe("What is counted.")
const amount = z
  .union([z.int().min(0).max(MOST), z.literal("unlimited")])
  .describe('How much: a whole number (0 = nothing) or "unlimited". Storage in bytes.')
const per = z
  .enum(["hour", "day", "week", "month", "total"])
  .optional()
  .describe("Window; left out: day, and total for storage, which is a level.")
const user = text(200, "An account: its id, its exact name, or platform:id such as discord:80351110224678912.")
const tenant = text(200, "A guild or workspace by its id.").default("local")
const moment = (what: string) =>
  text(40, `${what}: a date (to the end of that day in the tenant's zone), a date with time and zone, or 12h, 7d, 2w.`)

/** One change of quotas, as tools and surfaces give it. */
export const changeSchema = z.discriminatedUnion("do", [
  z.strictObject({
    do: z.literal("set"),
    target: text(
      200,
      'Whom it limits, each alone: an account (id, name, platform:id), role:<viewer|user|service|admin>, tenant:<id>, or "everyone".',
    ),
    unit,
    per,
    amount,
    reason,
  }),
  z.strictObject({
    do: z.literal("remove"),
    target: text(200, 'As in "set", or budget:<tenant>: what is less specific applies again.'),
    unit,
    per,
    reason,
  }),
  z.strictObject({
    do: z.literal("grant"),
    user,
    unit,
    amount: z.int().min(1).max(MOST).describe("Top-up, spent once after the allowance of the windows."),
    expires: moment("End of what is left by then").optional(),
    reason,
  }),
  z.strictObject({ do: z.literal("end_grant"), grant: text(80, "Id of the top-up, from quota_show."), reason }),
  z.strictObject({
    do: z.literal("reset"),
    user,
    unit: unit.optional().describe("Only this; left out: everything but storage."),
    per: per.describe("Only what was used in this window so far; left out: all that was used."),
    reason,
  }),
  z.strictObject({ do: z.literal("budget"), tenant, unit, per, amount, reason }),
  z.strictObject({
    do: z.literal("block"),
    user,
    until: moment("When it ends by itself").optional(),
    reason: z.string().trim().max(300).optional().describe("Why; the person is told."),
  }),
  z.strictObject({ do: z.literal("unblock"), user, reason }),
  z.strictObject({
    do: z.literal("zone"),
    tenant,
    zone: text(64, "IANA zone in which the tenant's days begin, such as Europe/Berlin."),
    reason,
  }),
])
export const changesSchema = z.array(changeSchema).min(1).max(MAX_CHANGES)

export type QuotaChange = z.output<typeof changeSchema>

/** What a change did, in one line. */
export interface QuotaChanged {
  action: QuotaChange["do"]
  /** "account:…", "role:…", "tenant:…", "budget:…", "default:everyone". */
  target: string
  say: string
  /** Of a new top-up. */
  id?: string
}
