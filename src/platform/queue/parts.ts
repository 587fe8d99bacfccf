import type { Logger } from "pino"
import type { Progress } from "#src/job.ts"
import type { Contracts } from "#src/platform/queue/contracts.ts"
import type { LaneTransport } from "#src/platform/queue/lane.ts"
import type { Pulse } from "#src/platform/queue/pulse.ts"
import type { QuotaLedger } from "#src/platform/quota/quota.ts"
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
  /** Milliseconds that only go forward, for limits on waiting. */
  monotonic: () => number
  /** Wait before the second run; doubles with every further one, with jitter. */
  backoffMs: number
  pulse: Pulse
  /** What this process has seen last; a hint for people, never the basis of a decision. */
  seen: { progress: Map<string, Progress>; slots: Map<string, number> }
}
