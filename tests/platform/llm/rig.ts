import { createAccounts } from "#src/platform/accounts/accounts.ts"
import { loadConfig } from "#src/platform/config.ts"
import { createLlm, type LlmService } from "#src/platform/llm/create.ts"
import type { LlmCall, LlmRole, LlmUsage } from "#src/platform/llm/llm.ts"
import { createLog } from "#src/platform/log.ts"
import { createQuota, type QuotaLedger } from "#src/platform/quota/quota.ts"
import { openDb, type Db } from "#src/platform/store/db.ts"
import type { Caller } from "#src/studio.ts"
import type { LanguageModelV4 } from "@ai-sdk/provider"
import { startLlmServer, type LlmServer } from "#tests/servers/llm/server.ts"
import { testClock, type TestClock } from "#tests/studio.ts"

export interface LlmRig {
  /** First of the chain, and its fallback. */
  a: LlmServer
  b: LlmServer
  llm: LlmService
  db: Db
  clock: TestClock
  quota: QuotaLedger
  caller: Caller
  /** What was told about every call. */
  usages: LlmUsage[]
  /** Lines of the log. */
  logged: string[]
  model(call?: Partial<LlmCall>, role?: LlmRole): LanguageModelV4
  close(): Promise<void>
}

/** Real layers over two scripted servers, "a/m" before "b/m", with short limits. */
export async function llmRig(env: Record<string, string> = {}): Promise<LlmRig> {
  const [a, b] = [await startLlmServer(), await startLlmServer()]
  const config = loadConfig(
    {
      ATELIER_LLM_ENDPOINTS: `a=${a.url},b=${b.url}`,
      ATELIER_LLM_FAST: "a/m",
      ATELIER_LLM_TIMEOUT_S: "5",
      ATELIER_LLM_SILENCE_S: "1",
      ...env,
    },
    "/nonexistent/.env",
  )
  const db = openDb(":memory:")
  const clock = testClock()
  const logged: string[] = []
  const log = createLog("warn", { write: (line) => void logged.push(line) })
  const quota = createQuota({ db, clock, config })
  const llm = createLlm({ config, db, clock, quota, log })
  const caller: Caller = {
    accountId: createAccounts(db, clock).local().id,
    tenantId: "local",
    role: "user",
    surface: "cli",
  }
  const usages: LlmUsage[] = []
  return {
    a,
    b,
    llm,
    db,
    clock,
    quota,
    caller,
    usages,
    logged,
    model: (call = {}, role = "fast") => {
      const model = llm.model(role, { caller, onUsage: (usage) => void usages.push(usage), ...call })
      if (!model) throw new Error(`no model for ${role}`)
      return model
    },
    close: async () => {
      llm.close()
      await a.close()
      await b.close()
      db.close()
    },
  }
}
