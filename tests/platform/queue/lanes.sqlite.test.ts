import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createLog } from "#src/platform/log.ts"
import type { LaneTransport } from "#src/platform/queue/lane.ts"
import { createSqliteLane } from "#src/platform/queue/lanes/sqlite.ts"
import { openDb } from "#src/platform/store/db.ts"
import type { Db } from "#src/platform/store/db.ts"
import { laneContract } from "#tests/platform/queue/lanes.contract.ts"

laneContract("sqlite", 400, async () => {
  const folder = await mkdtemp(join(tmpdir(), "atelier-lane-"))
  const opened: { lane: LaneTransport; db: Db; life: Life }[] = []
  return {
    open: async () => {
      const db = openDb(join(folder, "lane.db"))
      const life = { dead: false }
      const lane = createSqliteLane({ db: mortal(db, life), clock: Date, log: createLog("silent") })
      opened.push({ lane, db, life })
      return lane
    },
    kill: async (lane) => {
      for (const one of opened) if (one.lane === lane) one.life.dead = true
    },
    close: async () => {
      for (const one of opened) {
        one.life.dead = false
        await one.lane.close()
        one.db.close()
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
})

interface Life {
  dead: boolean
}

/** A connection whose heartbeats stop when its process is "dead"; what else it still says must be refused by the fence. */
function mortal(db: Db, life: Life): Db {
  return { ...db, run: (sql, params) => (life.dead && sql.includes("lane_worker") ? 1 : db.run(sql, params)) }
}
