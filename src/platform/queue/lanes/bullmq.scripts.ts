import { createHash } from "node:crypto"
import type { Redis } from "ioredis"

/** A step that Redis does as one, with the name under which it keeps it. */
export interface Script {
  lua: string
  sha: string
}

/** Sends the name only; the text when Redis does not know it yet (or not any more). */
export async function runScript(
  redis: Redis,
  { lua, sha }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args)
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error
    return redis.eval(lua, keys.length, ...keys, ...args)
  }
}

function script(lua: string): Script {
  return { lua, sha: createHash("sha1").update(lua).digest("hex") }
}

const NOW = `local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)`

/**
 * The whole lane in one step. An attempt that BullMQ holds active without a lock has lost its worker: nobody can commit it any
 * more, and that worker is taken off the list. An entry whose data is gone is no entry. KEYS: who owns the prefix, the workers of
 * the lane. ARGV: prefix of the keys of the lane, own studio, ms for which it owns the prefix from now on, most entries.
 */
export const inspectScript = script(`${NOW}
local owner = redis.call("GET", KEYS[1])
if owner and owner ~= ARGV[2] then return redis.error_reply("OWNED by " .. owner) end
redis.call("DEL", KEYS[1])
redis.call("SET", KEYS[1], ARGV[2], "PX", ARGV[3])
local entries = {}
local function add(state, set, range, remove)
  for _, id in ipairs(redis.call(range, ARGV[1] .. set, 0, ARGV[4])) do
    local key = ARGV[1] .. id
    local as = state
    local row = redis.call("HMGET", key, "name", "processedOn", "finishedOn", "returnvalue", "failedReason", "progress",
      "handle", "pb")
    if state == "active" and redis.call("EXISTS", key .. ":lock") == 0 then
      as = "stalled"
      if row[8] then redis.call("ZREM", KEYS[2], row[8]) end
    end
    if row[1] and not row[7] and string.find(row[1], "+", 1, true) then row[8] = redis.call("HGET", key, "data")
    else row[8] = false end
    if row[1] then entries[#entries + 1] = { as, id, unpack(row, 1, 8) }
    elseif remove == "LREM" then redis.call("LREM", ARGV[1] .. set, 0, id)
    else redis.call("ZREM", ARGV[1] .. set, id) end
  end
end
add("queued", "wait", "LRANGE", "LREM")
add("queued", "paused", "LRANGE", "LREM")
add("queued", "delayed", "ZRANGE", "ZREM")
add("active", "active", "LRANGE", "LREM")
add("completed", "completed", "ZRANGE", "ZREM")
add("failed", "failed", "ZRANGE", "ZREM")
if #entries > tonumber(ARGV[4]) then return redis.error_reply("more than " .. ARGV[4] .. " entries in one lane") end
return { redis.call("ZRANGEBYSCORE", KEYS[2], now, "+inf"), entries }`)

/**
 * A sign of life: registers the worker and renews the locks of what it runs; says of each run "lost", why it is to stop, or
 * nothing. Begins with writes that Redis also takes when its memory is full, because then it takes the others too.
 * KEYS: the workers of the lane. ARGV: prefix of the keys of the lane, prefix of cancels, name of the worker, lease in ms,
 * then entry, lock token and job of each run.
 */
export const beatScript = script(`${NOW}
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now)
redis.call("ZADD", KEYS[1], now + ARGV[4], ARGV[3])
local said = {}
for i = 5, #ARGV, 3 do
  local lock = ARGV[1] .. ARGV[i] .. ":lock"
  if redis.call("GET", lock) ~= ARGV[i + 1] then said[#said + 1] = "lost"
  else
    redis.call("PEXPIRE", lock, ARGV[4])
    local reason = redis.call("GET", ARGV[2] .. ARGV[i + 2])
    said[#said + 1] = reason and "cancel " .. reason or ""
  end
end
return said`)

/**
 * Writes fields of an entry ("" takes one away), only for whoever holds its lock. The first step changes nothing; Redis takes it
 * also when its memory is full, and then the others too. KEYS: entry. ARGV: lock token, then field and value of each.
 */
export const writeScript = script(`
local lock = KEYS[1] .. ":lock"
if redis.call("GET", lock) ~= ARGV[1] then return 0 end
redis.call("HDEL", KEYS[1], "")
for i = 2, #ARGV, 2 do
  if ARGV[i + 1] == "" then redis.call("HDEL", KEYS[1], ARGV[i]) else redis.call("HSET", KEYS[1], ARGV[i], ARGV[i + 1]) end
end
return 1`)

/** Asks for the end of a run: by message, and for a while by a key, for whoever missed it. KEYS: key. ARGV: reason, s, channel, message. */
export const cancelScript = script(`
redis.call("DEL", KEYS[1])
redis.call("SET", KEYS[1], ARGV[1], "EX", ARGV[2])
return redis.call("PUBLISH", ARGV[3], ARGV[4])`)
