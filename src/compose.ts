import type { Logger } from "pino"
import type { Conversations } from "#src/conversation/conversation.ts"
import { describeItem } from "#src/families.ts"
import { createAccounts, type Accounts } from "#src/platform/accounts/accounts.ts"
import { createAudit } from "#src/platform/accounts/audit.ts"
import { createKeys, type Keys } from "#src/platform/accounts/keys.ts"
import { createArtifacts, storedBytes, type ArtifactStore } from "#src/platform/artifacts/artifacts.ts"
import { createLook } from "#src/platform/artifacts/look.ts"
import { loadSecret, studioName } from "#src/platform/artifacts/links.ts"
import { rememberAddress, rememberedAddress } from "#src/platform/artifacts/worker-address.ts"
import { workLink } from "#src/platform/artifacts/worker-link.ts"
import type { Config } from "#src/platform/config.ts"
import { checkHealth } from "#src/platform/health.ts"
import { createLlm, type LlmService } from "#src/platform/llm/create.ts"
import { createLog } from "#src/platform/log.ts"
import { createContracts } from "#src/platform/queue/contracts.ts"
import { createJobs, type JobService, type JobsOptions } from "#src/platform/queue/jobs.ts"
import { openLane } from "#src/platform/queue/lanes/open.ts"
import type { LaneTransport } from "#src/platform/queue/lane.ts"
import { createProber } from "#src/platform/servers/prober.ts"
import { createServerAdmin } from "#src/platform/servers/admin.ts"
import { serverChecks } from "#src/platform/servers/checks.ts"
import { createServers } from "#src/platform/servers/servers.ts"
import { createQuota, type QuotaLedger } from "#src/platform/quota/quota.ts"
import { databasePath, openDataDir } from "#src/platform/store/data-dir.ts"
import { traceOf } from "#src/platform/trace.ts"
import type { Db } from "#src/platform/store/db.ts"
import { createItems } from "#src/platform/store/items.ts"
import type { Caller, Clock, Services, Studio, Surface } from "#src/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"
import { backendKinds, loadBackend } from "#workers/backends.ts"
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
  /** The key of all links. */
  secret: Uint8Array
  llm: LlmService
  /** Loaded when somebody talks. */
  conversations(): Promise<Conversations>
  /** Loaded at the first call. */
  registry(): Promise<Registry>
  /** Whoever sits at this machine. */
  owner(surface: Surface): Caller
  studioFor(call: Pick<Studio, "caller" | "signal" | "progress"> & { idempotencyKey?: string; trace?: string }): Studio
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
  const quota = createQuota({ db, clock, config, storedBytes: (accountId) => storedBytes(db, accountId) })
  const artifacts = createArtifacts({ db, config, clock, baseUrl: () => baseUrl, log, requireRoom: quota.requireRoom })
  const llm = createLlm({ config, db, clock, quota, log })
  const secret = loadSecret(config.dataDir)
  let isServed = config.publicUrl !== undefined
  const servedAt = () => (isServed ? baseUrl : (rememberedAddress(config.dataDir) ?? baseUrl))
  const studio = studioName(secret, databasePath(config.dataDir))
  const lane = openLane({ config, db, clock, log, studio, address: servedAt })
  const access: JobsOptions["access"] = (ticket, timeLimitS) =>
    workLink(secret, servedAt(), ticket, { nowMs: clock.now(), timeLimitS })
  const pool: Pool | undefined = config.workers > 0 ? createPool({ config, log }) : undefined
  const jobs = createJobs({
    db,
    clock,
    log,
    lane,
    quota,
    contracts: createContracts(),
    schedule: { deltaS: config.affinityS },
    artifacts,
    ...(config.redisUrl === undefined ? {} : { access }),
    ...(pool ? { workers: pool } : {}),
  })
  let loaded: Promise<Registry> | undefined
  // Administration cannot be switched off; its tools are for admins, and no list shows them.
  const registry = () => (loaded ??= loadRegistry([...config.families, "admin"]))
  const kinds = { names: backendKinds, load: loadBackend }
  const prober = createProber({ db, clock, log, kinds })
  const servers = createServerAdmin({ db, clock, audit, kinds, prober, servers: createServers({ db, clock }) })
  const services: House["services"] = {
    config,
    clock,
    log,
    artifacts,
    items: createItems(db, clock),
    jobs,
    quota,
    servers,
    health: async (signal) => {
      const own = checkHealth({ config, db, lane, signal, baseUrl: servedAt() })
      return [...(await Promise.all([own, llm.checks(signal)])).flat(), ...serverChecks(servers)]
    },
    tools: async () => (await registry()).all,
  }
  jobs.start()
  prober.start()
  const studioFor: House["studioFor"] = (call) => ({ ...services, ...call, trace: traceOf(call.trace) })
  const look = createLook()
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
        pictures: (id, signal) => look(services.artifacts.path(id), signal),
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
    secret,
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
      isServed = true
      if (config.redisUrl !== undefined) rememberAddress(config.dataDir, url)
    },
    close: async () => {
      await (await talks)?.close()
      llm.close()
      await prober.close()
      await jobs.close()
      await lane.close()
      db.close()
    },
  }
}
