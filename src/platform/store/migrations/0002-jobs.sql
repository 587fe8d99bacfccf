-- Jobs: the row is the promise. Everything below the row (lanes, workers) may be lost and is made again from it.
CREATE TABLE job (
  id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  type TEXT NOT NULL,
  title TEXT NOT NULL,
  lane TEXT NOT NULL,
  urgency INTEGER NOT NULL CHECK (urgency IN (0, 1, 2)), -- rush, normal, background
  payload TEXT NOT NULL,
  -- "offered" is handed to a lane and not seen running yet; people see it as waiting.
  state TEXT NOT NULL CHECK (state IN ('waiting', 'offered', 'running', 'done', 'failed', 'cancelled')),
  attempt INTEGER NOT NULL DEFAULT 0, -- runs offered so far
  max_attempts INTEGER NOT NULL,
  time_limit_s REAL NOT NULL,
  token INTEGER NOT NULL DEFAULT 0, -- drawn anew for every attempt; a result with another token is refused
  tag REAL NOT NULL, -- start-time fair queueing
  est_seconds REAL NOT NULL,
  idem_key TEXT,
  cache_key TEXT,
  cancel_requested INTEGER NOT NULL DEFAULT 0,
  result TEXT,
  error TEXT,
  handle TEXT, -- what a back end calls this run, for reattaching after a crash
  trace TEXT, -- W3C traceparent of the call that submitted it
  not_before INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX job_idem ON job (account_id, type, idem_key) WHERE idem_key IS NOT NULL;
CREATE INDEX job_cache ON job (account_id, type, cache_key) WHERE cache_key IS NOT NULL;
CREATE INDEX job_order ON job (state, lane, urgency, tag);
CREATE INDEX job_account ON job (account_id, created_at);

-- Fairness: V is the largest tag started on a lane; last_finish is where an account's next tag begins.
CREATE TABLE quota_fair (
  lane TEXT NOT NULL,
  account_id TEXT NOT NULL, -- '' holds V itself
  value REAL NOT NULL,
  PRIMARY KEY (lane, account_id)
) STRICT, WITHOUT ROWID;

-- The embedded lane driver's own tables.
CREATE TABLE lane_worker (
  id TEXT NOT NULL PRIMARY KEY,
  lane TEXT NOT NULL,
  slots INTEGER NOT NULL CHECK (slots > 0),
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  lease_ms INTEGER NOT NULL,
  beat INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE lane_entry (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: a late commit must not meet a newer entry
  job_id TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  token INTEGER NOT NULL, -- the offer's token, echoed
  lane TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'active', 'completed', 'failed', 'stalled')),
  not_before INTEGER NOT NULL DEFAULT 0,
  fence INTEGER NOT NULL DEFAULT 0, -- grows with every claim and every lost lease: older holders cannot commit
  worker TEXT,
  cancel TEXT,
  progress TEXT,
  result TEXT,
  failure TEXT,
  started_at INTEGER,
  ended_at INTEGER,
  UNIQUE (job_id, attempt)
) STRICT;
CREATE INDEX lane_entry_queue ON lane_entry (lane, state, seq);

-- Quotas: limits, windows and the ledger whose sums they are.
CREATE TABLE quota_limit (
  target TEXT NOT NULL, -- account:<id> | role:<role> | tenant:<id> (each member) | budget:<tenant> (all together)
  unit TEXT NOT NULL,
  span TEXT NOT NULL CHECK (span IN ('hour', 'day', 'week', 'month', 'total')),
  amount INTEGER CHECK (amount >= 0), -- NULL = unlimited
  set_by TEXT NOT NULL,
  set_at INTEGER NOT NULL,
  PRIMARY KEY (target, unit, span)
) STRICT, WITHOUT ROWID;
CREATE TABLE quota_window (
  scope TEXT NOT NULL, -- account:<id> | tenant:<id>
  unit TEXT NOT NULL,
  span TEXT NOT NULL,
  key TEXT NOT NULL, -- local hour, date, ISO week, month, or 'all'
  used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
  held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
  PRIMARY KEY (scope, unit, span, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE quota_entry (
  job_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('hold', 'settle', 'refund', 'adjust')),
  unit TEXT NOT NULL,
  account_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  amount INTEGER NOT NULL, -- change of used + held
  hour TEXT NOT NULL, -- local hour of the hold: every window of the job follows from it, also after midnight
  at INTEGER NOT NULL,
  PRIMARY KEY (job_id, kind, unit)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX quota_entry_closed ON quota_entry (job_id, unit) WHERE kind IN ('settle', 'refund');

-- Messages of other systems seen already, and messages to be delivered to them.
CREATE TABLE inbox (
  surface TEXT NOT NULL,
  event_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (surface, event_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  target TEXT NOT NULL,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  sent_at INTEGER
) STRICT;
