import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import { chmodSync, closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs"
import { join } from "node:path"
import { UserError } from "#src/errors.ts"

const SECRET_BYTES = 32
const HOUR_S = 3_600
/** 128 bits, the least RFC 2104 section 5 advises: links are read aloud, copied by hand and pass through models. */
const SIGNATURE_BYTES = 16

export type LinkState = "ok" | "expired" | "invalid"

export function secretPath(dataDir: string): string {
  return join(dataDir, "secret")
}

/** The key of all links, made on first start; two processes that start together end up with the same one. */
export function loadSecret(dataDir: string): Uint8Array {
  const path = secretPath(dataDir)
  const secret = readSecret(path) ?? makeSecret(path)
  if (secret.length !== SECRET_BYTES)
    throw new UserError(
      `The link key ${path} has ${secret.length} bytes instead of ${SECRET_BYTES}.`,
      "Restore it from a backup, or delete it: links given out so far then stop working.",
      "conflict",
    )
  return secret
}

/** Tells one studio from another, also from a copy of itself with another database file, without telling anything of its key. */
export function studioName(secret: Uint8Array, database: string): string {
  return createHash("sha256")
    .update(`studio\n${statSync(database).ino}\n`)
    .update(secret)
    .digest("hex")
    .slice(0, 16)
}

function readSecret(path: string): Buffer | undefined {
  try {
    const secret = readFileSync(path)
    if (process.platform !== "win32" && statSync(path).mode & 0o077) chmodSync(path, 0o600)
    return secret
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined
    throw error
  }
}

/** Written whole beside its place, then linked there: the link fails when somebody else was first. */
function makeSecret(path: string): Buffer {
  const temporary = `${path}.${randomBytes(6).toString("hex")}`
  const file = openSync(temporary, "wx", 0o600)
  try {
    writeSync(file, randomBytes(SECRET_BYTES))
    fsyncSync(file)
    linkSync(temporary, path)
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error
  } finally {
    closeSync(file)
    rmSync(temporary, { force: true })
  }
  return readFileSync(path)
}

/** Seconds since the epoch at which a link made now ends: a whole hour, so that links made within an hour are the same. */
export function linkExpiry(nowMs: number, hours: number): number {
  return (Math.floor(nowMs / 1000 / HOUR_S) + 1 + hours) * HOUR_S
}

/** Signature of a decoded path and its expiry (seconds since the epoch), base64url. */
export function signLink(secret: Uint8Array, path: string, expiry: number): string {
  return mac(secret, path, expiry).toString("base64url")
}

/** Compares in constant time; an expired link is told apart from a wrong one only when its signature is right. */
export function verifyLink(
  secret: Uint8Array,
  path: string,
  given: { expiry: string | null; signature: string | null },
  nowMs: number,
): LinkState {
  const expiry = /^\d{1,12}$/.test(given.expiry ?? "") ? Number(given.expiry) : 0
  const signature = Buffer.from((given.signature ?? "").slice(0, 64), "base64url")
  const expected = mac(secret, path, expiry)
  const right = timingSafeEqual(
    expected,
    signature.length === expected.length ? signature : Buffer.alloc(expected.length),
  )
  if (!right || signature.length !== expected.length) return "invalid"
  return expiry * 1000 > nowMs ? "ok" : "expired"
}

function mac(secret: Uint8Array, path: string, expiry: number): Buffer {
  return createHmac("sha256", secret).update(`${expiry}\n${path}`).digest().subarray(0, SIGNATURE_BYTES)
}
