import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { UserError } from "#src/errors.ts"
import { loadConfig, variables } from "#src/platform/config.ts"
import { ROOT } from "#tests/architecture/scan.ts"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "atelier-config-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const nowhere = "/nonexistent/.env"

/** The config of an .env file with these bytes, below this environment. */
function fromFile(content: string | Uint8Array, env: Record<string, string> = {}) {
  const path = join(folder, ".env")
  writeFileSync(path, content)
  return loadConfig(env, path)
}

/** The UserError a call ends with; anything else is a bug and fails the test. */
function refusal(call: () => unknown): UserError {
  try {
    call()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error("it was accepted")
}

describe("defaults", () => {
  test("nothing has to be set", () => {
    const { workers, renderThreads, dataDir, ...rest } = loadConfig({}, nowhere)
    expect(dataDir).toBe(resolve("data"))
    expect(workers).toBeGreaterThanOrEqual(1)
    expect(renderThreads).toBeGreaterThanOrEqual(1)
    expect(rest).toMatchInlineSnapshot(`
      {
        "affinityS": 120,
        "allowedOrigins": [],
        "apiKey": undefined,
        "auth": "auto",
        "blenderPath": undefined,
        "families": [
          "design",
          "export",
          "media",
          "studio",
        ],
        "host": "127.0.0.1",
        "keepDays": 30,
        "linkHours": 168,
        "llm": {
          "commandsLast": false,
          "limits": {
            "chunkS": 60,
            "dailyUsd": undefined,
            "outputTokens": 8192,
            "steps": 12,
            "tokensPerDay": 5000000,
            "toolS": 60,
            "totalS": 180,
          },
          "roles": {
            "draft": [],
            "fast": [],
            "judge": [],
          },
        },
        "locale": undefined,
        "logLevel": "info",
        "maxFileBytes": 268435456,
        "port": 7420,
        "publicUrl": undefined,
        "quotaJobsPerDay": 500,
        "quotaPrices": undefined,
        "quotaStorageBytes": 10737418240,
        "redisPrefix": "atelier",
        "redisUrl": undefined,
      }
    `)
  })

  test("an empty or blank value is the default, spaces around a value do not count", () => {
    const config = loadConfig({ ATELIER_PORT: "  ", ATELIER_LOG: "", ATELIER_HOST: " ::1 " }, nowhere)
    expect([config.port, config.logLevel, config.host]).toEqual([7420, "info", "::1"])
  })

  test("lists are split at commas, the public address loses its last slash, megabytes become bytes", () => {
    const config = loadConfig(
      {
        ATELIER_FAMILIES: "design, studio,,",
        ATELIER_ALLOWED_ORIGINS: "https://a.example, http://localhost:3000",
        ATELIER_PUBLIC_URL: "https://a.example/studio//",
        ATELIER_MAX_FILE_MB: "2",
      },
      nowhere,
    )
    expect(config.families).toEqual(["design", "studio"])
    expect(config.allowedOrigins).toEqual(["https://a.example", "http://localhost:3000"])
    expect(config.publicUrl).toBe("https://a.example/studio")
    expect(config.maxFileBytes).toBe(2 * 1024 * 1024)
  })
})

describe("the .env file", () => {
  test("the real environment wins over it, its last line wins over earlier ones", () => {
    expect(fromFile("ATELIER_PORT=1\nATELIER_PORT=2\nATELIER_LOG=warn", { ATELIER_LOG: "error" })).toMatchObject({
      port: 2,
      logLevel: "error",
    })
  })

  test("quotes, comments, export, a byte order mark and Windows line ends are understood", () => {
    expect(
      fromFile("\uFEFFATELIER_PORT=5\r\nexport ATELIER_LOG=\"warn\" # loud\r\n# no\r\nATELIER_LOCALE='de-DE'\r\n"),
    ).toMatchObject({
      port: 5,
      logLevel: "warn",
      locale: "de-DE",
    })
  })

  test("variables of other programs in it are left alone and do not enter the process", () => {
    expect(fromFile("PATH_OF_ELSEWHERE=x\n__proto__=polluted\nconstructor=y").port).toBe(7420)
    expect(process.env.PATH_OF_ELSEWHERE).toBeUndefined()
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  test("a binary, a NUL, text in another encoding is not a text file", () => {
    for (const bytes of [
      new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0]),
      Buffer.from("ATELIER_PORT=1\0"),
      Buffer.from([0x41, 0xff, 0xfe, 0xe4]),
    ])
      expect(refusal(() => fromFile(bytes)).problem).toContain("is not a text file in UTF-8.")
  })

  test("a megabyte is refused before it is read", () => {
    expect(refusal(() => fromFile("#".repeat(1024 * 1024)))).toMatchObject({
      problem: `${join(folder, ".env")} is 1048576 bytes.`,
      hint: "A settings file may have at most 65536 bytes.",
      code: "too_large",
    })
  })

  test("a folder and a pipe in its place are refused, not waited for", () => {
    mkdirSync(join(folder, "folder.env"))
    expect(refusal(() => loadConfig({}, join(folder, "folder.env"))).problem).toContain("is not a file.")
    execFileSync("mkfifo", [join(folder, "pipe.env")])
    expect(refusal(() => loadConfig({}, join(folder, "pipe.env"))).problem).toContain("is not a file.")
  })

  test("whatever its bytes are, it is a config or a refusal, at once", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: "binary", maxLength: 300 })),
        (bytes) => {
          try {
            fromFile(bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(UserError)
          }
        },
      ),
      { numRuns: 200 },
    )
    expect(fromFile('A="\n'.repeat(15_000)).port).toBe(7420)
  })
})

describe("wrong settings", () => {
  test("the variable is named, with what was read and what is allowed", () => {
    expect(refusal(() => loadConfig({ ATELIER_PORT: "70000" }, nowhere))).toMatchInlineSnapshot(
      `[UserError: ATELIER_PORT is "70000", but must be a whole number from 0 to 65535. Correct it in the environment or in /nonexistent/.env; .env.example explains every setting.]`,
    )
  })

  test("a Redis address that is none is refused without showing it, for it may hold a password", () => {
    for (const url of ["http://redis:6379", "redis://", "redis://h/db", "redis://me:pa55@h:6379?tls=1", "6379"]) {
      const { problem } = refusal(() => loadConfig({ REDIS_URL: url }, nowhere))
      expect(problem).toMatch(/^REDIS_URL is \(hidden\), but must be an address such as redis:/)
      expect(problem).not.toContain("pa55")
    }
    const url = "rediss://me:pa55@redis.example.org:6380/3"
    expect(loadConfig({ REDIS_URL: url }, nowhere).redisUrl).toBe(url)
  })

  test("all that is wrong is told at once", () => {
    const { problem } = refusal(() => loadConfig({ ATELIER_PORT: "x", ATELIER_LOG: "loud" }, nowhere))
    expect(problem).toMatchInlineSnapshot(
      `"ATELIER_PORT is "x", but must be a whole number from 0 to 65535. ATELIER_LOG is "loud", but must be one of trace, debug, info, warn, error, silent."`,
    )
  })

  test.each([
    ["ATELIER_PORT", ["-1", "65536", "1.5", "1e3", "0x10", "7420 7421", "٣", "9".repeat(400), "NaN", "Infinity"]],
    ["ATELIER_WORKERS", ["65", "-0", "two"]],
    ["ATELIER_RENDER_THREADS", ["0"]],
    ["ATELIER_HOST", ["http://a", "a:80:b/", "a b", "x".repeat(256)]],
    [
      "ATELIER_PUBLIC_URL",
      ["studio.example.org", "ftp://a", "javascript:alert(1)", "https://a?b", "https://a#b", "https://u:p@a"],
    ],
    ["ATELIER_AUTH", ["off", "AUTO", "true"]],
    ["ATELIER_ALLOWED_ORIGINS", ["*", "null", "https://a/path", "https://a,javascript:x", "https://a,".repeat(51)]],
    ["ATELIER_FAMILIES", ["../tools", "design;studio", "Design"]],
    ["ATELIER_LOCALE", ["english", "en_US", "en-us"]],
    ["ATELIER_LOG", ["verbose"]],
    ["ATELIER_DATA", ["x".repeat(4097)]],
    ["ATELIER_API_KEY", ["k".repeat(201)]],
  ])("%s refuses %j", (name, values) => {
    for (const value of values) {
      const { problem, hint } = refusal(() => loadConfig({ [name]: value }, nowhere))
      expect(problem, value).toMatch(new RegExp(`^${name} is .*, but must be .+\\.$`))
      expect(problem.length).toBeLessThan(300)
      expect(hint).toContain(".env.example")
    }
  })

  test("a secret is never shown, neither a key nor the password of an address", () => {
    const key = refusal(() => loadConfig({ ATELIER_API_KEY: "s3cret".repeat(50) }, nowhere))
    const url = refusal(() => loadConfig({ ATELIER_PUBLIC_URL: "https://user:s3cret@a.example" }, nowhere))
    expect(`${key.message} ${url.message}`).not.toContain("s3cret")
    expect(key.problem).toContain("(hidden)")
  })

  test("control characters in a value or a name do not reach the terminal", () => {
    const value = refusal(() => loadConfig({ ATELIER_LOG: "\u001b[2J\u0007" }, nowhere))
    const name = refusal(() => loadConfig({ "ATELIER_\u001b[2J": "1" }, nowhere))
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(`${value.message}${name.message}`).not.toMatch(/[\u0000-\u001f]/)
  })

  test.each([
    ["ATELIER_PROT", "Did you mean ATELIER_PORT?"],
    ["ATELIER_DATA_", "Did you mean ATELIER_DATA?"],
    ["atelier_port", "Did you mean ATELIER_PORT?"],
    ["ATELIER-PORT", "Did you mean ATELIER_PORT?"],
    ["ATELIER_COFFEE_MACHINE", "See .env.example for all of them."],
    [`ATELIER_${"X".repeat(60_000)}`, "See .env.example for all of them."],
  ])("the unknown setting %.40s is refused with a hint", (name, hint) => {
    const error = refusal(() => fromFile(`${name}=1`, {}))
    expect(error.hint).toBe(hint)
    expect(error.problem).toMatch(/ is not a setting of the studio\.$/)
    expect(error.problem.length).toBeLessThan(130)
  })
})

describe(".env.example", () => {
  const text = readFileSync(`${ROOT}.env.example`, "utf8")
  const blocks = text.split(/\n{2,}/).slice(1)
  const named = blocks.map((block) => /^#?([A-Z]+_\w+)=/m.exec(block)?.[1])

  test("it lists exactly the variables that the studio reads, in their order", () => {
    expect(named).toEqual(Object.keys(variables))
  })

  test("every variable has a comment of its own", () => {
    for (const block of blocks) expect(block).toMatch(/^# \S.{20,}(\n# .+)*\n#?[A-Z]+_\w+=[^\n]*\n?$/)
  })

  test("as given it changes nothing, and with every line switched on it is still a valid file", () => {
    expect(fromFile(text)).toEqual(loadConfig({}, nowhere))
    expect(fromFile(text.replaceAll(/^#([A-Z]+_\w+=)/gm, "$1"))).toMatchObject({ locale: "en-US", workers: 2 })
  })
})
