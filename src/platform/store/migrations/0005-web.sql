-- Browsers: one-time links that open a session, and the sessions. Tokens are never stored, only their sha256.
CREATE TABLE web_link (
  hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  tenant TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE web_session (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  tenant TEXT NOT NULL,
  -- The key it was opened with; null when it was a link.
  key_id TEXT REFERENCES api_key (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX web_session_by_account ON web_session (account_id, last_used_at);
