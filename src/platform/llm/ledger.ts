import { z } from "zod"
import { UserError } from "#src/errors.ts"
import type { LlmRole } from "#src/platform/llm/llm.ts"
import { costOf } from "#src/platform/llm/prices.ts"
import type { LlmLimits, LlmTarget } from "#src/platform/llm/settings.ts"
import type { Tokens } from "#src/platform/llm/tokens.ts"
import type { QuotaLedger } from "#src/platform/quota/quota.ts"
import type { Db } from "#src/platform/store/db.ts"
import { newId } from "#src/platform/store/id.ts"
import type { Caller, Clock } from "#src/studio.ts"

export type LlmQuota = Pick<QuotaLedger, "hold" | "settle" | "refund">

/** One call on the books: opened at its worst case, closed once with what it really used. */
export interface LlmEntry {
  /** Returns the cost in micro-dollars; null when no price is known. */
  close(outcome: "done" | "failed" | "stopped", tokens: Tokens): number | null
}

export interface LlmLedger {
  /** Throws UserError "quota" when the account's tokens or the day's money would not suffice for the worst case. */
  open(caller: Caller, role: LlmRole, target: LlmTarget, worst: Tokens): LlmEntry
  /** Micro-dollars spent and held since midnight UTC. */
  spentToday(): number
}

const DAY_MS = 86_400_000
const KEEP_DAYS = 400
const SWEEP_EVERY_MS = 60_000

export function createLlmLedger(parts: {
  db: Db
  clock: Clock
  quota: LlmQuota | undefined
  limits: Pick<LlmLimits, "dailyUsd" | "totalS">
}): LlmLedger {
  const { db, clock, quota, limits } = parts
  let sweptAt = -Infinity
  const midnight = () => Math.floor(clock.now() / DAY_MS) * DAY_MS
  const spentToday = () =>
    db.get(z.object({ sum: z.number() }), "SELECT coalesce(sum(micro_usd), 0) AS sum FROM llm_call WHERE at >= :from", {
      from: midnight(),
    })?.sum ?? 0
  const requireMoney = (cost: number | null) => {
    const { dailyUsd } = limits
    if (dailyUsd === undefined || cost === null || cost === 0) return
    const spent = spentToday()
    if (spent + cost <= dailyUsd * 1e6) return
    throw new UserError(
      `The studio has spent ${dollars(spent)} of ${dollars(dailyUsd * 1e6)} on language models today; this may take ${dollars(cost)}.`,
      `It starts anew in ${Math.max(1, Math.round((midnight() + DAY_MS - clock.now()) / 3_600_000))} h (midnight UTC); the operator can raise ATELIER_LLM_DAILY_USD.`,
      "quota",
    )
  }
  /** Calls whose process died would hold their worst case for ever. */
  const sweep = () => {
    const now = clock.now()
    if (now - sweptAt < SWEEP_EVERY_MS) return
    sweptAt = now
    const before = now - 2 * limits.totalS * 1000 - 60_000
    const lost = db.all(
      z.object({ id: z.string() }),
      "SELECT id FROM llm_call WHERE outcome = 'open' AND at < :before",
      { before },
    )
    for (const { id } of lost) {
      db.run("UPDATE llm_call SET outcome = 'lost', ended_at = :now WHERE id = :id", { id, now })
      quota?.refund(id)
    }
    db.run("DELETE FROM llm_call WHERE at < :before AND outcome <> 'open'", { before: now - KEEP_DAYS * DAY_MS })
  }
  return {
    spentToday,
    open: (caller, role, target, worst) => {
      const id = newId("llm")
      const cost = target.price && costOf(target.price, worst)
      db.tx(() => {
        sweep()
        requireMoney(cost)
        quota?.hold(id, caller, { llm_tokens: worst.input + worst.output })
        db.run(
          `INSERT INTO llm_call (id, account_id, tenant_id, role, endpoint, model, outcome, input_tokens, output_tokens, estimated, micro_usd, at)
           VALUES (:id, :account, :tenant, :role, :endpoint, :model, 'open', :input, :output, 1, :cost, :at)`,
          {
            id,
            account: caller.accountId,
            tenant: caller.tenantId,
            role,
            endpoint: target.endpoint.name,
            model: target.model,
            input: worst.input,
            output: worst.output,
            cost,
            at: clock.now(),
          },
        )
      })
      let closed = false
      return {
        close: (outcome, tokens) => {
          const actual = target.price && costOf(target.price, tokens)
          if (closed) return actual
          closed = true
          db.tx(() => {
            db.run(
              `UPDATE llm_call SET outcome = :outcome, input_tokens = :input, output_tokens = :output, estimated = :estimated,
               micro_usd = :cost, ended_at = :now WHERE id = :id`,
              {
                id,
                outcome,
                input: tokens.input,
                output: tokens.output,
                estimated: Number(tokens.estimated),
                cost: actual,
                now: clock.now(),
              },
            )
            const used = tokens.input + tokens.output
            if (used > 0) quota?.settle(id, { llm_tokens: used })
            else quota?.refund(id)
          })
          return actual
        },
      }
    },
  }
}

function dollars(microUsd: number): string {
  return `$${(microUsd / 1e6).toFixed(microUsd < 1e6 ? 4 : 2)}`
}
