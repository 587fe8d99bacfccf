import { z } from "zod"
import { UserError } from "#src/errors.ts"
import type { JobContract, JobNeeds } from "#src/job.ts"
import { artifactsOf } from "#src/platform/queue/artifacts-of.ts"
import { expectedSeconds } from "#src/platform/queue/measured.ts"
import type { JobParts } from "#src/platform/queue/parts.ts"
import { chargeFor } from "#src/platform/queue/price.ts"
import { isTrace } from "#src/platform/trace.ts"
import { newId } from "#src/platform/store/id.ts"
import type { SubmitOptions } from "#src/studio.ts"

const MAX_PAYLOAD_CHARS = 1024 * 1024
const MAX_OPEN_PER_ACCOUNT = 1_000
const MAX_TITLE_CHARS = 200
const MAX_KEY_CHARS = 200
const MIN_SECONDS = 0.1
const URGENCY = { rush: 0, normal: 1, background: 2 } as const
const urgencyOf = ({ urgency = "normal" }: Pick<SubmitOptions, "urgency">) => URGENCY[urgency]

/**
 * Takes a job in, or finds the one that this call means: one transaction over idempotency, result cache, quota hold, fair
 * tag and row. The row is the promise: once committed, the job ends exactly once, whatever stops in between.
 * Returns its id. Throws UserError "bad_input", "too_large", "quota", "storage_full".
 */
export function accept(parts: JobParts, contract: JobContract, payload: unknown, options: SubmitOptions): string {
  const { text, parsed } = checkPayload(contract, payload)
  const needs = contract.needs?.(parsed)
  const promised = Math.max(MIN_SECONDS, contract.estimate(parsed).seconds)
  const work = { type: contract.type, signature: needs?.signature ?? "", promised }
  const key = { account: options.caller.accountId, type: contract.type }
  const idem = options.idempotencyKey === undefined ? null : checkKey(options.idempotencyKey)
  const cache = options.cacheKey === undefined ? null : checkKey(options.cacheKey)
  return parts.db.tx(() => {
    const same = idem === null ? undefined : findByKey(parts, "idem_key = :value", { ...key, value: idem })
    if (same) return same
    const open =
      cache === null ? undefined : findByKey(parts, `cache_key = :value AND ${OPEN}`, { ...key, value: cache })
    if (open) return open
    const seconds = expectedSeconds(parts.db, work)
    const row: NewRow = { contract, text, needs, promised, seconds, options, idem, cache }
    const finished = cache === null ? undefined : findResult(parts, { ...key, value: cache })
    return finished ? insertFinished(parts, row, finished) : insertWaiting(parts, row)
  })
}

interface NewRow {
  contract: JobContract
  text: string
  needs: JobNeeds | undefined
  /** As the contract estimates, and as measured so far. */
  promised: number
  seconds: number
  options: SubmitOptions
  idem: string | null
  cache: string | null
}
type Key = { account: string; type: string; value: string }

const OPEN = "state IN ('waiting', 'offered', 'running')"

function checkPayload(contract: JobContract, payload: unknown): { text: string; parsed: unknown } {
  const parsed = contract.payload.safeParse(payload)
  if (!parsed.success)
    throw new UserError(
      `The job ${contract.type} cannot use this: ${z.prettifyError(parsed.error).slice(0, 1_000)}`,
      "Correct the values named.",
    )
  // As given, not as parsed: it is parsed again by whoever reads it, and a transform must not be applied twice.
  const text = JSON.stringify(payload)
  if (text.length > MAX_PAYLOAD_CHARS)
    throw new UserError(
      `The job's input has ${text.length} characters.`,
      `At most ${MAX_PAYLOAD_CHARS} are allowed; give large things as files.`,
      "too_large",
    )
  return { text, parsed: parsed.data }
}

function checkKey(key: string): string {
  if (key.length === 0 || key.length > MAX_KEY_CHARS)
    throw new UserError(`The key has ${key.length} characters.`, `Use 1 to ${MAX_KEY_CHARS}.`)
  return key
}

const idRow = z.object({ id: z.string() })
const resultRow = z.object({ id: z.string(), result: z.string() })

function findByKey({ db }: JobParts, condition: string, key: Key): string | undefined {
  const sql = `SELECT id FROM job WHERE account_id = :account AND type = :type AND ${condition} LIMIT 1`
  return db.get(idRow, sql, { ...key })?.id
}

/** A finished result of the same key whose files still exist. */
function findResult({ db, artifacts }: JobParts, key: Key): string | undefined {
  const found = db.get(
    resultRow,
    `SELECT id, result FROM job WHERE account_id = :account AND type = :type AND cache_key = :value AND state = 'done'
     ORDER BY ended_at DESC LIMIT 1`,
    { ...key },
  )
  if (!found) return undefined
  return artifactsOf(JSON.parse(found.result)).every((id) => artifacts.get(id)) ? found.result : undefined
}

/** A cache hit: done at once, free. */
function insertFinished(parts: JobParts, row: NewRow, result: string): string {
  const id = insert(parts, row, { state: "done", tag: 0, result, ended: parts.clock.now() })
  parts.artifacts.link(`job:${id}`, artifactsOf(JSON.parse(result)))
  return id
}

function insertWaiting(parts: JobParts, row: NewRow): string {
  const { caller } = row.options
  refuseFlood(parts, caller.accountId)
  const id = insert(parts, row, {
    state: "waiting",
    tag: takeTag(parts, fairKey(row.contract.lane, urgencyOf(row.options)), caller.accountId, row.seconds),
    result: null,
    ended: null,
  })
  const rush = row.options.urgency === "rush"
  parts.quota.hold(id, caller, chargeFor({ lane: row.contract.lane, seconds: row.seconds, rush }))
  return id
}

function insert(
  { db, clock }: JobParts,
  { contract, text, needs, promised, seconds, options, idem, cache }: NewRow,
  how: { state: "waiting" | "done"; tag: number; result: string | null; ended: number | null },
): string {
  const id = newId("job")
  db.run(
    `INSERT INTO job (id, account_id, tenant_id, type, title, lane, urgency, payload, state, max_attempts, time_limit_s, tag,
       est_seconds, promised_seconds, needs, signature, idem_key, cache_key, trace, result, created_at, started_at, ended_at)
     VALUES (:id, :account, :tenant, :type, :title, :lane, :urgency, :text, :state, :attempts, :limit, :tag,
       :seconds, :promised, :needs, :signature, :idem, :cache, :trace, :result, :now, :ended, :ended)`,
    {
      id,
      account: options.caller.accountId,
      tenant: options.caller.tenantId,
      type: contract.type,
      title: options.title.slice(0, MAX_TITLE_CHARS),
      lane: contract.lane,
      urgency: urgencyOf(options),
      text,
      attempts: Math.max(1, contract.attempts),
      limit: contract.timeLimitS,
      seconds,
      promised,
      needs: needs === undefined ? null : JSON.stringify(needs),
      signature: needs?.signature ?? null,
      idem,
      cache,
      trace: isTrace(options.trace) ? options.trace : null,
      now: clock.now(),
      ...how,
    },
  )
  return id
}

function refuseFlood({ db }: JobParts, account: string): void {
  const open = db.get(
    z.object({ n: z.number() }),
    `SELECT count(*) AS n FROM job WHERE account_id = :account AND ${OPEN}`,
    { account },
  )
  if ((open?.n ?? 0) < MAX_OPEN_PER_ACCOUNT) return
  throw new UserError(
    `You have ${open?.n} open jobs.`,
    `At most ${MAX_OPEN_PER_ACCOUNT} may be open at the same time: wait for some or cancel them.`,
    "quota",
  )
}

/**
 * Start-time fair queueing: tag = max(V, the account's last finish); last finish = tag + seconds of work. So an account's
 * jobs are spaced by its own work, and an account that was idle starts where the lane is now.
 */
function takeTag({ db }: JobParts, key: string, account: string, seconds: number): number {
  const read = (who: string) =>
    db.get(z.object({ value: z.number() }), "SELECT value FROM quota_fair WHERE lane = :key AND account_id = :who", {
      key,
      who,
    })?.value ?? 0
  const tag = Math.max(read(""), read(account))
  raiseFair(db, key, account, tag + seconds)
  return tag
}

/** Every class of a lane is fair within itself. */
export function fairKey(lane: string, urgency: number): string {
  return urgency === URGENCY.normal ? lane : `${lane}#${urgency}`
}

/** Raises V (account "") or an account's last finish; neither ever falls. */
export function raiseFair(db: JobParts["db"], key: string, account: string, value: number): void {
  db.run(
    `INSERT INTO quota_fair (lane, account_id, value) VALUES (:key, :account, :value)
     ON CONFLICT DO UPDATE SET value = max(value, :value)`,
    { key, account, value },
  )
}
