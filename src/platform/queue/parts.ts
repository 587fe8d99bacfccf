import type { Logger } from "pino"
import type { Progress } from "#src/job.ts"
import type { WorkTicket } from "#src/platform/artifacts/worker-link.ts"
import type { Contracts } from "#src/platform/queue/contracts.ts"
import type { LaneTransport } from "#src/platform/queue/lane.ts"
import type { Pulse } from "#src/platform/queue/pulse.ts"
import type { Outlook } from "#src/platform/queue/schedule.outlook.ts"
import type { ScheduleOptions } from "#src/platform/queue/schedule.ts"
import type { QuotaLedger } from "#src/platform/quota/quota.ts"
import type { KnownServer } from "#src/platform/servers/known.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Artifacts, Clock } from "#src/studio.ts"

/** What the steps of the job machinery work with. */
export interface JobParts {
  db: Db
  clock: Clock
  log: Logger
  lane: LaneTransport
  quota: QuotaLedger
  contracts: Contracts
  artifacts: Pick<Artifacts, "get" | "link">
  /** Makes the address at which a worker without the data directory finds the files of an attempt. Only where there may be such. */
  access?: ((ticket: WorkTicket, timeLimitS: number) => string) | undefined
  /** Milliseconds that only go forward, for limits on waiting. */
  monotonic: () => number
  /** Wait before the second run; doubles with every further one, with jitter. */
  backoffMs: number
  pulse: Pulse
  /** What this process has seen last; a hint for people, never the basis of a decision. */
  seen: Seen
  /** The servers as they are now, for the choice. */
  servers: (now: number) => KnownServer[]
  schedule: ScheduleOptions
}

/** What this process has seen last. */
export interface Seen {
  progress: Map<string, Progress>
  /** Attempts that the live workers of a lane can carry at once. */
  slots: Map<string, number>
  /** Handles as last written, by job. */
  handles: Map<string, string>
  /** Why no server can run what waits, in words, by `blockedKey`. */
  blocked: Map<string, string>
  outlook?: { at: number; jobs: ReadonlyMap<string, Outlook> }
}
