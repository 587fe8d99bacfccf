-- Servers that do work for the studio: GPU servers, clouds, programs of this machine. Added and removed while it runs.
CREATE TABLE server (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE, -- what people call it
  kind TEXT NOT NULL, -- the back end that speaks to it
  url TEXT NOT NULL,
  slots INTEGER NOT NULL CHECK (slots BETWEEN 1 AND 64), -- runs at the same time
  vram_mb INTEGER, -- of its largest GPU: as told by the operator, else by the probe
  key_env TEXT, -- name of the environment variable with its key; keys themselves are never stored
  settings TEXT NOT NULL, -- JSON, checked by the back end
  draining INTEGER NOT NULL DEFAULT 0, -- takes nothing new
  created_at INTEGER NOT NULL,
  -- What the last probe said.
  probed_at INTEGER,
  ok INTEGER NOT NULL DEFAULT 0,
  detail TEXT NOT NULL DEFAULT '',
  instance_id TEXT,
  version TEXT,
  probed_vram_mb INTEGER,
  free_vram_mb INTEGER,
  busy INTEGER,
  inventory TEXT, -- JSON list of names; NULL = the kind has none
  -- Signatures in its memory, newest first, as far as the studio knows: JSON list.
  warm TEXT NOT NULL DEFAULT '[]',
  -- Circuit breaker: failures in a row, and when it may be tried again.
  failures INTEGER NOT NULL DEFAULT 0,
  open_until INTEGER NOT NULL DEFAULT 0,
  runs_done INTEGER NOT NULL DEFAULT 0,
  runs_failed INTEGER NOT NULL DEFAULT 0,
  runs_cold INTEGER NOT NULL DEFAULT 0 -- begun without their model in memory
) STRICT;

-- What a job needs of a server, and which one it was given.
ALTER TABLE job ADD COLUMN needs TEXT; -- JSON; NULL = work for the cpu lane
ALTER TABLE job ADD COLUMN signature TEXT;
ALTER TABLE job ADD COLUMN promised_seconds REAL NOT NULL DEFAULT 0; -- as its contract estimated; est_seconds is as measured
ALTER TABLE job ADD COLUMN server_id TEXT; -- the server of the current or last attempt
ALTER TABLE job ADD COLUMN cold INTEGER NOT NULL DEFAULT 0; -- the current attempt had to load its models first
ALTER TABLE job ADD COLUMN avoid TEXT NOT NULL DEFAULT '{}'; -- JSON: server id -> "capacity" | "transient"
CREATE INDEX job_server ON job (server_id, state) WHERE server_id IS NOT NULL;

-- Measured times: how long a kind of work of a size takes, and how long its models take to load.
CREATE TABLE job_estimate (
  type TEXT NOT NULL,
  key TEXT NOT NULL, -- "run:<signature>:<size class>" or "load:<signature>"
  seconds REAL NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (type, key)
) STRICT, WITHOUT ROWID;

ALTER TABLE lane_entry ADD COLUMN handle TEXT; -- what the handler kept
