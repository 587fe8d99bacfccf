import type { Host, Io, OpenHost, StartOptions, Told } from "#bots/terminal/host.ts"
import { runCommand } from "#bots/terminal/run.ts"
import { loadView } from "#bots/web/mcp-app/view.ts"
import { openHouse, type House } from "#src/compose.ts"
import { UserError } from "#src/errors.ts"
import { createLog } from "#src/platform/log.ts"
import { loadConfig, type Config } from "#src/platform/config.ts"
import { needsKey } from "#src/platform/http/guard.ts"
import { VERSION } from "#src/platform/version.ts"
import type { Caller } from "#src/studio.ts"

/** The command line: runs it and leaves the exit code in the process. */
export async function run(argv: readonly string[]): Promise<void> {
  const interrupt = new AbortController()
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => interrupt.abort())
  const io: Io = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    isTTY: { stdin: process.stdin.isTTY, stdout: process.stdout.isTTY, stderr: process.stderr.isTTY },
    columns: process.stdout.columns || 80,
    signal: interrupt.signal,
  }
  const output = watchOutput()
  const code = await runCommand(argv, host, io)
  process.exitCode = output.isBroken ? 1 : code
}

/** A reader that went away ("| head") ends nothing; any other failure to write the reply is told, once, and is a failure. */
function watchOutput(): { isBroken: boolean } {
  const output = { isBroken: false }
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || output.isBroken) return
    output.isBroken = true
    process.exitCode = 1
    process.stderr.write(
      `error: The reply cannot be written (${error.code ?? error.message}).\n  Check where stdout goes.\n`,
    )
  })
  // Nobody is left to be told.
  process.stderr.on("error", () => {})
  return output
}

/** One-shot commands show results, not logs, unless the operator asks for more. */
const quietly = (config: Config): Config => (config.logLevel === "info" ? { ...config, logLevel: "warn" } : config)

const host: Host = {
  version: VERSION,
  open: async () => openForOne(openHouse(quietly(loadConfig()))),
  start,
  mcp,
  worker,
  createKey: (wanted) =>
    withHouse((house) => {
      const { days, role, name, scopes } = wanted
      const { key, token } = house.keys.create(actor, {
        accountId: house.accounts.local().id,
        name,
        role,
        scopes: scopes.length > 0 ? scopes : ["*"],
        ...(days === undefined ? {} : { expiresAt: Date.now() + days * 24 * 3_600_000 }),
      })
      return {
        say: `${token}\n\nKeep it: it is not shown again. Send it as "Authorization: Bearer <key>". Revoke it with: atelier key revoke ${key.prefix}`,
        data: { token, ...key },
      }
    }),
  listKeys: () =>
    withHouse((house) => {
      const keys = house.keys.list()
      const lines = keys.map(
        (key) => `${key.prefix}…  ${key.name}  ${key.role}  ${key.scopes.join(",")}  ${stateOf(key)}`,
      )
      return { say: lines.join("\n") || "There are no keys. Make one with: atelier key create <name>", data: { keys } }
    }),
  revokeKey: (idOrPrefix) =>
    withHouse((house) => {
      const key = house.keys.revoke(actor, idOrPrefix)
      return { say: `${key.name} (${key.prefix}…) does not work any more.`, data: { ...key } }
    }),
  backup: (directory) =>
    withHouse(async (house) => {
      const { backup } = await import("#src/platform/backup.ts")
      const manifest = await backup(house.config, house.db, directory)
      return {
        say: `The studio was saved to ${directory}: ${manifest.blobs.count} files and the database.`,
        data: { ...manifest },
      }
    }),
  restore: async (directory, { force }) => {
    const config = loadConfig()
    const { restore } = await import("#src/platform/backup.ts")
    const { manifest, before } = await restore(directory, config, { force })
    const kept = before === undefined ? "" : ` What was there before is kept in ${before}.`
    return {
      say: `${config.dataDir} now holds the studio of ${new Date(manifest.createdAt).toISOString()}.${kept}`,
      data: { ...manifest, ...(before === undefined ? {} : { before }) },
    }
  },
}

const actor = { id: "local", surface: "cli" } as const

async function withHouse(work: (house: House) => Told | Promise<Told>): Promise<Told> {
  const house = openHouse(quietly(loadConfig()))
  try {
    return await work(house)
  } finally {
    await house.close()
  }
}

async function openForOne(house: House): Promise<OpenHost> {
  return {
    services: house.services,
    registry: await house.registry(),
    owner: house.owner("cli"),
    conversations: house.conversations,
    studioFor: (call) => house.studioFor({ caller: house.owner("cli"), ...call }),
    close: house.close,
  }
}

async function start(options: StartOptions, io: Io): Promise<number> {
  const base = loadConfig()
  const shown = io.isTTY.stderr ? quietly(base) : base
  const config = { ...shown, host: options.host ?? base.host, port: options.port ?? base.port }
  const house = openHouse(config)
  const say = (text: string) => io.stdout.write(`${text}\n`)
  try {
    const { EXAMPLES, serve } = await import("#src/serve.ts")
    const served = await serve(house, { conformance: options.conformance })
    const { url } = served.server
    say(`Atelier is open at ${url}`)
    say(`  Open         ${served.link()}  (works once, within a day)`)
    say(`  MCP          ${url}/mcp${needsKey(config) ? "  (needs a key: atelier key create <name>)" : ""}`)
    say(`  Try          npx atelier ask "${EXAMPLES[0]}"`)
    for (const example of EXAMPLES.slice(1)) say(`               npx atelier ask "${example}"`)
    const first = firstRing(house, url, io.signal).then(
      (page) => say(`  ${page}\nStop with Ctrl-C.`),
      (error: unknown) => io.signal.aborted || house.log.error({ err: error }, "the first ring could not be made"),
    )
    await ended(io.signal)
    await served.close()
    await first
  } finally {
    await house.close()
  }
  return 0
}

/** Makes sure that there is something to look at; one line that says where. */
async function firstRing(house: House, url: string, signal: AbortSignal): Promise<string> {
  const studio = house.studioFor({ caller: house.owner("web"), signal, progress: () => {} })
  const registry = await house.registry()
  const isNew = studio.items.list(studio.caller.accountId, { limit: 1 }).length === 0
  if (!isNew || !registry.get("design_create")) return `Your work    ${url}/`
  const { FIRST_RING } = await import("#src/serve.ts")
  const reply = await registry.callTool("design_create", FIRST_RING, studio)
  const page = reply.artifacts?.find((it) => it.use === "model")
  return `A first ring ${page ? studio.artifacts.pageUrl(page) : `${url}/ in a moment`}`
}

async function mcp(io: Io): Promise<number> {
  const config = quietly(loadConfig())
  const house = openHouse(config)
  try {
    const [{ serveMcpStdio }, { loadPrompts }] = await Promise.all([
      import("#src/platform/mcp/stdio.ts"),
      import("#src/platform/prompts.ts"),
    ])
    await serveMcpStdio({
      caller: callerOnStdio(house),
      registry: house.registry,
      studioFor: house.studioFor,
      prompts: () => loadPrompts(config.families),
      views: loadView,
      log: house.log,
      signal: io.signal,
    })
  } finally {
    await house.close()
  }
  return 0
}

/** Whose studio it is over stdio: the holder of ATELIER_API_KEY, or the owner of this machine. */
function callerOnStdio(house: House): Caller {
  const { apiKey } = house.config
  if (apiKey === undefined) return house.owner("stdio")
  const holder = house.keys.verify(apiKey)
  if (!holder)
    throw new UserError(
      "ATELIER_API_KEY is not a key of this studio.",
      'Make one with "atelier key create <name>", or unset it.',
      "unauthorized",
    )
  const { scopes: _scopes, ...caller } = holder
  return { ...caller, surface: "stdio" }
}

async function worker({ lanes, slots }: { lanes: string[]; slots?: number }, io: Io): Promise<number> {
  const config = loadConfig()
  const log = createLog(config.logLevel)
  const { serveLanes } = await import("#workers/serve-lanes.ts")
  const say = (text: string) => void io.stderr.write(`${text}\n`)
  return serveLanes({ config, log, lanes, slots, signal: io.signal, say })
}

function stateOf(key: { revokedAt: number | null; expiresAt: number | null }): string {
  if (key.revokedAt !== null) return `revoked ${new Date(key.revokedAt).toISOString().slice(0, 10)}`
  return key.expiresAt === null ? "active" : `until ${new Date(key.expiresAt).toISOString().slice(0, 10)}`
}

async function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener("abort", () => resolve(), { once: true })
  await promise
}
