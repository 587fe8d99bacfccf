-- The turn that took a person's message up, or that an answer ends; NULL = nobody has taken it up yet.
ALTER TABLE conversation_message ADD COLUMN turn TEXT;
UPDATE conversation_message SET turn = 'before-' || number;
CREATE INDEX conversation_message_waiting ON conversation_message (conversation_id) WHERE role = 'user' AND turn IS NULL;
-- Calls that an answer made, as a model is told of them later.
ALTER TABLE conversation_message ADD COLUMN calls TEXT CHECK (json_valid(calls));
-- Two people may use the same message id.
DROP INDEX conversation_message_once;
CREATE UNIQUE INDEX conversation_message_once ON conversation_message (conversation_id, author_id, message_id) WHERE message_id IS NOT NULL;

-- Buttons of one question: pressing one uses up all.
ALTER TABLE conversation_button ADD COLUMN question TEXT;

-- Turns that are being answered, one per thread. Whoever answers renews the lease; one that ran out is an answer that
-- somebody still waits for. (A process id would not do: in a container the next process often has the same.)
DROP TABLE conversation_turn;
CREATE TABLE conversation_turn (
  conversation_id TEXT NOT NULL PRIMARY KEY REFERENCES conversation (id) ON DELETE CASCADE,
  id TEXT NOT NULL UNIQUE,
  lease_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Jobs whose result the thread still has to be told.
CREATE TABLE conversation_delivery (
  conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
  job_id TEXT NOT NULL,
  turn TEXT NOT NULL,
  account_id TEXT NOT NULL,
  PRIMARY KEY (conversation_id, job_id)
) STRICT, WITHOUT ROWID;

-- A question is remembered with its buttons now.
UPDATE conversation SET memory = json_remove(memory, '$.asked', '$.lastCall') WHERE memory IS NOT NULL;
