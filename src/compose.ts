import type { Logger } from "pino"
import type { Conversations } from "#src/conversation/conversation.ts"
import { describeItem } from "#src/families.ts"
import { createAccounts, type Accounts } from "#src/platform/accounts/accounts.ts"
import { createAudit } from "#src/platform/accounts/audit.ts"
import { createKeys, type Keys } from "#src/platform/accounts/keys.ts"
import { createArtifacts, storedBytes, type ArtifactStore } from "#src/platform/artifacts/artifacts.ts"
import type { Config } from "#src/platform/config.ts"
import { checkHealth } from "#src/platform/health.ts"
import { createLlm, type LlmService } from "#src/platform/llm/create.ts"
import { createLog } from "#src/platform/log.ts"
import { createContracts } from "#src/platform/queue/contracts.ts"
import { createJobs, type JobService } from "#src/platform/queue/jobs.ts"
import { createSqliteLane } from "#src/platform/queue/lanes/sqlite.ts"
import type { LaneTransport } from "#src/platform/queue/lane.ts"
import { createQuota, type QuotaLedger } from "#src/platform/quota/quota.ts"
import { openDataDir } from "#src/platform/store/data-dir.ts"
import type { Db } from "#src/platform/store/db.ts"
import { createItems } from "#src/platform/store/items.ts"
import type { Caller, Clock, Services, Studio, Surface } from "#src/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"
import { createPool, type Pool } from "#workers/pool.ts"

/** Everything a process needs to serve, built once. */
export interface House {
  config: Config
  log: Logger
  db: Db
  accounts: Accounts
  keys: Keys
  quota: QuotaLedger
  lane: LaneTransport
  services: Services & { artifacts: ArtifactStore; jobs: JobService }
  llm: LlmService
  /** Loaded when somebody talks. */
  conversations(): Promise<Conversations>
  /** Loaded at the first call. */
  registry(): Promise<Registry>
  /** Whoever sits at this machine. */
  owner(surface: Surface): Caller
  studioFor(call: Pick<Studio, "caller" | "signal" | "progress"> & { idempotencyKey?: string }): Studio
  /** Where links point to, once the HTTP server knows its port. */
  setBaseUrl(url: string): void
  close(): Promise<void>
}

const LOCAL_TENANT = "local"
const systemClock: Clock = { now: () => Date.now() }

/** Opens the data directory and puts the services together. Workers start with the first job. */
export function openHouse(config: Config): House {
  const log = createLog(config.logLevel)
  const clock = systemClock
  const db = openDataDir(config.dataDir)
  const accounts = createAccounts(db, clock)
  let baseUrl =
    config.publicUrl ?? `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${config.port || 7420}`
  const audit = createAudit(db, clock)
  const quota = createQuota({
    db,
    clock,
    config,
    person: (accountId) => ({ role: accounts.role(accountId, LOCAL_TENANT), tenantId: LOCAL_TENANT }),
    storedBytes: (accountId) => storedBytes(db, accountId),
    audit: ({ by, action, before, after }) =>
      audit.record({
        actor: { id: by, surface: "cli" },
        action: `quota.${action}`,
        target: "quota",
        before: before ?? null,
        after: after ?? null,
      }),
  })
  const artifacts = createArtifacts({ db, config, clock, baseUrl: () => baseUrl, log, requireRoom: quota.requireRoom })
  const llm = createLlm({ config, db, clock, quota, log })
  const lane = createSqliteLane({ db, clock, log })
  const pool: Pool | undefined = config.workers > 0 ? createPool({ config, log }) : undefined
  const jobs = createJobs({
    db,
    clock,
    log,
    lane,
    quota,
    contracts: createContracts(),
    artifacts,
    ...(pool ? { workers: pool } : {}),
  })
  let loaded: Promise<Registry> | undefined
  const registry = () => (loaded ??= loadRegistry(config.families))
  const services: House["services"] = {
    config,
    clock,
    log,
    artifacts,
    items: createItems(db, clock),
    jobs,
    quota,
    health: async (signal) =>
      (await Promise.all([checkHealth({ config, db, lane, signal }), llm.checks(signal)])).flat(),
    tools: async () => (await registry()).all,
  }
  jobs.start()
  const studioFor: House["studioFor"] = (call) => ({ ...services, ...call })
  let talks: Promise<Conversations> | undefined
  const conversations = () =>
    (talks ??= import("#src/conversation/conversations.ts").then(({ createConversations }) =>
      createConversations({
        ...services,
        db,
        registry,
        studioFor,
        llm,
        keepDays: config.keepDays,
        parametersOf: async (kind, data) => (await describeItem(kind, data))?.parameters,
      }),
    ))
  return {
    config,
    log,
    db,
    accounts,
    keys: createKeys(db, clock),
    quota,
    lane,
    services,
    registry,
    owner: (surface) => {
      const account = accounts.local()
      const locale = account.locale ?? config.locale
      return { accountId: account.id, tenantId: LOCAL_TENANT, role: "admin", surface, ...(locale ? { locale } : {}) }
    },
    llm,
    conversations,
    studioFor,
    setBaseUrl: (url) => {
      baseUrl = url
    },
    close: async () => {
      await (await talks)?.close()
      llm.close()
      await jobs.close()
      await lane.close()
      db.close()
    },
  }
}
