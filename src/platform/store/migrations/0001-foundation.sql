-- Times are milliseconds since the epoch. JSON is TEXT with json_valid. Identifiers are opaque text.

-- ── People ──────────────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE account (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  locale TEXT,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who an account is elsewhere: one person may have several, each belongs to one account.
CREATE TABLE identity (
  platform TEXT NOT NULL,
  tenant TEXT NOT NULL,
  external_id TEXT NOT NULL,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (platform, tenant, external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_by_account ON identity (account_id);

-- tenant '*' counts everywhere; the higher of '*' and the tenant's own row wins.
CREATE TABLE role (
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  tenant TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'user', 'service', 'admin')),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, tenant)
) STRICT, WITHOUT ROWID;

-- The token itself is never stored: `prefix` is what lists show and lookups use, `hash` is its sha256.
CREATE TABLE api_key (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  tenant TEXT NOT NULL,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  prefix TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
  role TEXT NOT NULL CHECK (role IN ('viewer', 'user', 'service', 'admin')),
  scopes TEXT NOT NULL CHECK (json_valid(scopes)),
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_by_prefix ON api_key (prefix);
CREATE INDEX api_key_by_account ON api_key (account_id, created_at);

-- ── Projects and items ──────────────────────────────────────────────────────────────────────────────────────────────

-- `seq` orders by last use within an account and, unlike a time, has no ties and never goes back with the clock.
CREATE TABLE project (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  created_at INTEGER NOT NULL,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX project_by_use ON project (account_id, seq);

CREATE TABLE item (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  head INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX item_by_change ON item (account_id, seq);
CREATE INDEX item_by_project ON item (project_id);

CREATE TABLE item_revision (
  item_id TEXT NOT NULL REFERENCES item (id) ON DELETE CASCADE,
  number INTEGER NOT NULL CHECK (number >= 1),
  parent INTEGER CHECK (parent < number),
  data TEXT NOT NULL CHECK (json_valid(data)),
  note TEXT NOT NULL,
  account_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (item_id, number),
  FOREIGN KEY (item_id, parent) REFERENCES item_revision (item_id, number)
) STRICT;
CREATE INDEX item_revision_by_parent ON item_revision (item_id, parent);

CREATE TRIGGER item_revision_is_never_changed BEFORE UPDATE ON item_revision
BEGIN
  SELECT RAISE(ABORT, 'item_revision is append-only');
END;
-- The cascade runs when the item is already gone, so only a delete of single revisions finds it.
CREATE TRIGGER item_revision_goes_with_its_item BEFORE DELETE ON item_revision
WHEN EXISTS (SELECT 1 FROM item WHERE id = OLD.item_id)
BEGIN
  SELECT RAISE(ABORT, 'item_revision is append-only');
END;

-- ── Artifacts ───────────────────────────────────────────────────────────────────────────────────────────────────────

-- `used_at` is the last time the same bytes were put under the same name: what garbage collection counts from.
CREATE TABLE artifact (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 120),
  group_key TEXT NOT NULL DEFAULT '',
  media_type TEXT NOT NULL,
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  "use" TEXT NOT NULL CHECK ("use" IN ('preview', 'model', 'file')),
  facts TEXT NOT NULL CHECK (json_valid(facts)),
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  UNIQUE (account_id, sha256, name, group_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX artifact_by_content ON artifact (sha256);
CREATE INDEX artifact_by_group ON artifact (account_id, group_key);
CREATE INDEX artifact_by_use ON artifact (used_at);

CREATE TABLE artifact_link (
  owner TEXT NOT NULL,
  artifact_id TEXT NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (owner, artifact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX artifact_link_by_artifact ON artifact_link (artifact_id);

CREATE TRIGGER item_releases_its_artifacts AFTER DELETE ON item
BEGIN
  DELETE FROM artifact_link WHERE owner = 'item:' || OLD.id;
END;

-- ── Conversations ───────────────────────────────────────────────────────────────────────────────────────────────────

CREATE TABLE conversation (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  project_id TEXT REFERENCES project (id) ON DELETE SET NULL,
  surface TEXT NOT NULL,
  tenant TEXT NOT NULL,
  thread TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  -- Deleted after this moment; null = kept until somebody asks.
  keep_until INTEGER,
  UNIQUE (surface, tenant, thread)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_by_account ON conversation (account_id, updated_at);
CREATE INDEX conversation_by_end ON conversation (keep_until) WHERE keep_until IS NOT NULL;

CREATE TABLE conversation_message (
  conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
  number INTEGER NOT NULL CHECK (number >= 1),
  role TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'tool', 'system')),
  -- Who wrote it when it was a person; others in a thread are quoted, never obeyed.
  author_id TEXT REFERENCES account (id) ON DELETE SET NULL,
  content TEXT NOT NULL CHECK (json_valid(content)),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (conversation_id, number)
) STRICT;
CREATE INDEX conversation_message_by_author ON conversation_message (author_id);

-- ── Audit and settings ──────────────────────────────────────────────────────────────────────────────────────────────

-- No foreign key on purpose: a line outlives what it tells about.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  surface TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  before TEXT CHECK (json_valid(before)),
  after TEXT CHECK (json_valid(after)),
  reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX audit_by_target ON audit (target, id);
CREATE INDEX audit_by_actor ON audit (actor, id);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit is append-only');
END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
  SELECT RAISE(ABORT, 'audit is append-only');
END;

CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL CHECK (json_valid(value)),
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
