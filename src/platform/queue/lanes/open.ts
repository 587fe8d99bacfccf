import type { Logger } from "pino"
import type { Config } from "#src/platform/config.ts"
import type { LaneTransport } from "#src/platform/queue/lane.ts"
import { createBullmqLane } from "#src/platform/queue/lanes/bullmq.ts"
import { createSqliteLane } from "#src/platform/queue/lanes/sqlite.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

export interface LaneOptions {
  config: Pick<Config, "redisUrl" | "redisPrefix">
  db: Db
  clock: Clock
  log: Logger
  /** Tells this studio from others in the same Redis; whoever only works needs none. */
  studio?: string
  /** Where workers of other machines find this studio. */
  address?: () => string
}

/** The lanes as configured: through Redis when there is one, otherwise inside the database. */
export function openLane({ config, db, clock, ...options }: LaneOptions): LaneTransport {
  if (config.redisUrl === undefined) return createSqliteLane({ db, clock, log: options.log })
  return createBullmqLane({ ...options, url: config.redisUrl, prefix: config.redisPrefix })
}
