import type { Figure } from "#src/platform/metrics.ts"
import { allServers, runningByServer, type ServerRow } from "#src/platform/servers/rows.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Clock } from "#src/studio.ts"

/** What /metrics says of servers. */
export function serverFigures({ db, clock }: { db: Db; clock: Clock }): Figure[] {
  const of = (row: ServerRow) => ({ server: row.name, kind: row.kind })
  return [
    {
      name: "atelier_server_up",
      help: "1 while a server answers and takes work",
      labels: ["server", "kind"],
      read: () =>
        allServers(db).map((row) => ({
          labels: of(row),
          value: row.ok && !row.draining && row.open_until <= clock.now() ? 1 : 0,
        })),
    },
    {
      name: "atelier_server_load",
      help: "Share of a server's slots that are taken",
      labels: ["server", "kind"],
      read: () => {
        const running = runningByServer(db)
        return allServers(db).map((row) => ({ labels: of(row), value: (running.get(row.id) ?? 0) / row.slots }))
      },
    },
    {
      name: "atelier_server_runs",
      help: "Runs of a server since it was added: with a result, failed, and begun without their model in memory",
      labels: ["server", "kind", "outcome"],
      read: () =>
        allServers(db).flatMap((row) => [
          { labels: { ...of(row), outcome: "done" }, value: row.runs_done },
          { labels: { ...of(row), outcome: "failed" }, value: row.runs_failed },
          { labels: { ...of(row), outcome: "cold" }, value: row.runs_cold },
        ]),
    },
  ]
}
