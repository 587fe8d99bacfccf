import type { Logger } from "pino"
import type { Config } from "#src/platform/config.ts"
import type { LaneTransport } from "#src/platform/queue/lane.ts"
import type { AttemptOptions } from "#workers/run-attempt.ts"

/** Where a worker finds attempts, and where it puts files. */
export interface Place {
  lane: LaneTransport
  artifacts: AttemptOptions["artifacts"]
  close(): Promise<void>
}

/** A worker of another machine: it needs Redis alone. Attempts bring the address at which their files are. */
export async function openRemotePlace(config: Config, log: Logger): Promise<Place> {
  if (config.redisUrl === undefined) throw new Error("a remote worker needs REDIS_URL")
  const [{ noFiles, remoteFiles }, { createBullmqLane }] = await Promise.all([
    import("#src/platform/artifacts/remote.ts"),
    import("#src/platform/queue/lanes/bullmq.ts"),
  ])
  const lane = createBullmqLane({ url: config.redisUrl, prefix: config.redisPrefix, log })
  const { maxFileBytes } = config
  return {
    lane,
    artifacts: {
      writerFor: (_, { access, signal }) =>
        access === undefined ? noFiles() : remoteFiles({ access, signal, maxFileBytes }),
    },
    close: () => lane.close(),
  }
}

/** A worker on the studio's machine: files and database are those of the data directory. */
export async function openLocalPlace(config: Config, log: Logger): Promise<Place> {
  const [{ createArtifacts, storedBytes }, { openLane }, { createQuota }, { openDataDir }] = await Promise.all([
    import("#src/platform/artifacts/artifacts.ts"),
    import("#src/platform/queue/lanes/open.ts"),
    import("#src/platform/quota/quota.ts"),
    import("#src/platform/store/data-dir.ts"),
  ])
  const db = openDataDir(config.dataDir)
  const clock = { now: () => Date.now() }
  const { requireRoom } = createQuota({ db, clock, config, storedBytes: (accountId) => storedBytes(db, accountId) })
  const artifacts = createArtifacts({ db, config, clock, log, baseUrl: () => config.publicUrl ?? "", requireRoom })
  const lane = openLane({ config, db, clock, log })
  return {
    lane,
    artifacts,
    close: async () => {
      await lane.close()
      db.close()
    },
  }
}
