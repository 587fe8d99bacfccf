-- Books: account:<id> holds what an allowance paid, grant:<id> what a top-up paid, tenant:<id> all that its members used.
-- Every line of a hold is in one book, so per window, and per grant, sum(lines) = used + held.
CREATE TABLE quota_line (
  job_id TEXT NOT NULL, -- a job, a call of a model, a reset, or "sum:…" for many old ones
  kind TEXT NOT NULL CHECK (kind IN ('hold', 'settle', 'refund', 'adjust', 'sum')),
  unit TEXT NOT NULL,
  book TEXT NOT NULL,
  account_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  amount INTEGER NOT NULL, -- change of used + held
  -- Local hour of the hold: every window of the job follows from it, also after midnight or a change of the zone. Old lines
  -- are summed up by date ("2026-11-21") and then by month ("2026-11").
  hour TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (job_id, kind, unit, book)
) STRICT, WITHOUT ROWID;
INSERT INTO quota_line SELECT job_id, kind, unit, 'account:' || account_id, account_id, tenant_id, amount, hour, at FROM quota_entry;
INSERT INTO quota_line SELECT job_id, kind, unit, 'tenant:' || tenant_id, account_id, tenant_id, amount, hour, at FROM quota_entry;

-- The open part: lines of holds that are neither settled nor refunded yet. Per window and grant, sum(open) = held.
CREATE TABLE quota_hold (
  job_id TEXT NOT NULL,
  unit TEXT NOT NULL,
  book TEXT NOT NULL,
  account_id TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  hour TEXT NOT NULL,
  PRIMARY KEY (job_id, unit, book)
) STRICT, WITHOUT ROWID;
INSERT INTO quota_hold SELECT job_id, unit, book, account_id, tenant_id, amount, hour FROM quota_line h WHERE kind = 'hold'
  AND NOT EXISTS (SELECT 1 FROM quota_line c WHERE c.job_id = h.job_id AND c.unit = h.unit AND c.kind IN ('settle', 'refund'));
CREATE INDEX quota_hold_account ON quota_hold (account_id, unit);

DROP TABLE quota_entry;
ALTER TABLE quota_line RENAME TO quota_entry;
CREATE INDEX quota_entry_book ON quota_entry (book, unit, hour, account_id, amount);
-- Windows of hours and of dates, whose lines are summed up when they are old. With "WHERE span = 'hour'" SQLite would prepare
-- every statement with "span = :span" again at each call, which takes twice as long.
CREATE INDEX quota_window_hour ON quota_window (key) WHERE length(key) = 13;
CREATE INDEX quota_window_date ON quota_window (key) WHERE length(key) = 10;

-- Top-ups: an account of its own for each, spent after the allowance of the windows.
CREATE TABLE quota_grant (
  id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL,
  unit TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
  held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
  expires_at INTEGER, -- NULL = never
  reason TEXT NOT NULL,
  set_by TEXT NOT NULL,
  set_at INTEGER NOT NULL,
  CHECK (used + held <= amount)
) STRICT, WITHOUT ROWID;
CREATE INDEX quota_grant_account ON quota_grant (account_id, unit, expires_at);

-- The deny list.
CREATE TABLE quota_block (
  account_id TEXT NOT NULL PRIMARY KEY,
  until INTEGER, -- NULL = until somebody lifts it
  reason TEXT NOT NULL,
  set_by TEXT NOT NULL,
  set_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Where the days of a tenant begin; UTC for those that are not here.
CREATE TABLE quota_zone (
  tenant_id TEXT NOT NULL PRIMARY KEY,
  zone TEXT NOT NULL, -- IANA
  set_by TEXT NOT NULL,
  set_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
