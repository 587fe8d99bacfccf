import { expect, test } from "vitest"
import { createMetrics } from "#src/platform/metrics.ts"
import { jobFigures } from "#src/platform/queue/figures.ts"
import { serverFigures } from "#src/platform/servers/figures.ts"
import { openDb } from "#src/platform/store/db.ts"

test("/metrics tells states, waiting times by class, repeated runs and the load of servers", async () => {
  const db = openDb(":memory:")
  const now = 10_000_000
  const add = (
    id: string,
    state: string,
    more: { urgency?: number; age?: number; attempt?: number; server?: string },
  ) =>
    db.run(
      `INSERT INTO job (id, account_id, tenant_id, type, title, lane, urgency, payload, state, max_attempts, time_limit_s, tag, est_seconds,
         created_at, attempt, ended_at, server_id)
       VALUES (:id, 'ada', 'local', 'x', 'x', 'gpu', :urgency, '{}', :state, 9, 1, 0, 1, :at, :attempt, :ended, :server)`,
      {
        id,
        state,
        urgency: more.urgency ?? 1,
        at: now - (more.age ?? 0) * 1_000,
        attempt: more.attempt ?? 1,
        ended: state === "done" || state === "failed" ? now - 60_000 : null,
        server: more.server ?? null,
      },
    )
  for (const age of [5, 10, 300]) add(`w${age}`, "waiting", { age, attempt: 0 })
  add("rush", "waiting", { urgency: 0, age: 2, attempt: 0 })
  add("run", "running", { server: "srv_1" })
  add("again", "done", { attempt: 3 })
  add("bad", "failed", {})
  db.run(
    `INSERT INTO server (id, name, kind, url, slots, settings, created_at, probed_at, ok, runs_done, runs_failed, runs_cold)
     VALUES ('srv_1', 'gpu1', 'comfyui', 'http://x', 2, '{}', 0, 1, 1, 40, 2, 7)`,
  )
  const clock = { now: () => now }
  const text = await (await createMetrics([...jobFigures({ db, clock }), ...serverFigures({ db, clock })])).text()
  const of = (name: string) => text.split("\n").filter((line) => line.startsWith(name))
  expect(of("atelier_jobs{")).toEqual(
    expect.arrayContaining(['atelier_jobs{state="waiting"} 4', 'atelier_jobs{state="running"} 1']),
  )
  expect(of("atelier_job_waiting")).toEqual([
    'atelier_job_waiting_seconds_p95{class="rush"} 2',
    'atelier_job_waiting_seconds_p95{class="normal"} 300',
    'atelier_job_waiting_seconds_p95{class="background"} 0',
  ])
  expect(of("atelier_job_runs_repeated")).toEqual(["atelier_job_runs_repeated_last_hour 2"])
  expect(of("atelier_jobs_failed")).toEqual(["atelier_jobs_failed_last_hour 1"])
  expect(of("atelier_server_")).toEqual([
    'atelier_server_up{server="gpu1",kind="comfyui"} 1',
    'atelier_server_load{server="gpu1",kind="comfyui"} 0.5',
    'atelier_server_runs{server="gpu1",kind="comfyui",outcome="done"} 40',
    'atelier_server_runs{server="gpu1",kind="comfyui",outcome="failed"} 2',
    'atelier_server_runs{server="gpu1",kind="comfyui",outcome="cold"} 7',
  ])
  db.close()
})
