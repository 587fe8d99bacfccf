-- What a thread is about right now: JSON of the conversation core.
ALTER TABLE conversation ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE conversation ADD COLUMN memory TEXT CHECK (json_valid(memory));

-- The surface's own id of a message: sent twice, it counts once.
ALTER TABLE conversation_message ADD COLUMN message_id TEXT;
CREATE UNIQUE INDEX conversation_message_once ON conversation_message (conversation_id, message_id) WHERE message_id IS NOT NULL;

-- Buttons of answers. What one does stays here; surfaces carry its id only.
CREATE TABLE conversation_button (
  id TEXT NOT NULL PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
  -- Whose answer it belongs to: nobody else may press it.
  account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  label TEXT NOT NULL,
  press TEXT NOT NULL CHECK (json_valid(press)),
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX conversation_button_by_thread ON conversation_button (conversation_id);

-- Turns that are being answered. A row whose process is gone is an answer that somebody still waits for.
CREATE TABLE conversation_turn (
  id TEXT NOT NULL PRIMARY KEY,
  conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
  pid INTEGER NOT NULL,
  job_id TEXT,
  started_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
