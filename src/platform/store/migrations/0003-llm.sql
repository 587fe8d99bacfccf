-- Calls of language models: what they used and cost, never what was said. The id is also that of the quota hold.
CREATE TABLE llm_call (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL, -- '' when the account is gone: what was spent stays true
  tenant_id TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('fast', 'draft', 'judge')),
  endpoint TEXT NOT NULL,
  model TEXT NOT NULL,
  -- While open, tokens and cost are the worst case; "lost" is a call whose process died.
  outcome TEXT NOT NULL CHECK (outcome IN ('open', 'done', 'failed', 'stopped', 'lost')),
  input_tokens INTEGER NOT NULL CHECK (input_tokens >= 0),
  output_tokens INTEGER NOT NULL CHECK (output_tokens >= 0),
  estimated INTEGER NOT NULL CHECK (estimated IN (0, 1)),
  micro_usd INTEGER CHECK (micro_usd >= 0), -- NULL = no price known
  at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX llm_call_by_time ON llm_call (at, micro_usd);
CREATE INDEX llm_call_open ON llm_call (at) WHERE outcome = 'open';

-- Answers that may be given again. The key holds the account, so that nobody finds out what others asked.
CREATE TABLE llm_cache (
  key TEXT PRIMARY KEY CHECK (length(key) = 64),
  account_id TEXT NOT NULL,
  model TEXT NOT NULL,
  answer TEXT NOT NULL CHECK (json_valid(answer)),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX llm_cache_by_end ON llm_cache (expires_at);
CREATE INDEX llm_cache_by_account ON llm_cache (account_id);

CREATE TRIGGER account_leaves_its_model_calls AFTER DELETE ON account
BEGIN
  DELETE FROM llm_cache WHERE account_id = OLD.id;
  UPDATE llm_call SET account_id = '' WHERE account_id = OLD.id;
END;
