import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { atelier as run, type Surroundings } from "#tests/bots/terminal/terminal.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"

let house: TestStudio
let folder: string
beforeAll(async () => {
  house = await testStudio()
  folder = await mkdtemp(join(tmpdir(), "atelier-cli-"))
})
afterAll(async () => {
  await house.close()
  await rm(folder, { recursive: true, force: true })
})
const atelier = (argv: string[], around?: Surroundings) => run(house, argv, around)

describe("the command line", () => {
  test("prints its version, its help and the exit codes", async () => {
    expect(await atelier(["--version"])).toEqual({ code: 0, stdout: "1.2.3\n", stderr: "" })
    const help = await atelier(["--help"])
    expect(help.code).toBe(0)
    for (const name of ["start", "mcp", "ask", "call", "tools", "worker", "doctor", "key", "backup", "restore"])
      expect(help.stdout).toContain(`  ${name} `)
    expect(help.stdout).toContain("2    wrong usage")
    expect((await atelier(["help", "ask"])).stdout).toMatch(/^Usage: atelier ask /)
    expect((await atelier(["ask", "--help"])).stdout).toMatch(/^Usage: atelier ask /)
    expect((await atelier([])).code).toBe(2)
  })

  test.each([
    [["aks", "x"], 'There is no command "aks".', 'Did you mean "atelier ask"?'],
    [["call", "cup_craete"], 'There is no tool "cup_craete".', "Did you mean cup_create?"],
    [["tools", "--jsno"], "There is no option --jsno.", "Did you mean --json?"],
    [["ask"], '"ask" needs one more word.', "Usage: atelier ask"],
    [["doctor", "now"], '"doctor" cannot use "now".', "Usage: atelier doctor"],
    [["start", "--port", "99999"], '--port is "99999".', "from 0 to 65535"],
    [["start", "--port"], "'--port <value>'", "Usage: atelier start"],
    [["key", "mint"], 'There is no "key mint".', "key create <name>"],
    [["key", "list", "x"], '"key list" cannot use "x".', "Usage: atelier key list"],
    [["ask", "a cup", "--out", ""], "--out is empty.", "Usage: atelier ask"],
    [["key", "create"], '"key create" needs a name.', "Usage"],
    [["key", "create", "x", "--role", "king"], '--role is "king".', "viewer, user, service, admin"],
    [["worker", "--lanes", "../x"], '--lanes is "../x".', "cpu or gpu"],
    [["worker", "--slots", "0"], '--slots is "0".', "from 1 to 64"],
    [["call", "cup_create", "{"], "The input is not JSON", "Write one object"],
    [["call", "cup_create", "[1]"], "not an object", "Write one object"],
    [["call", "cup_create", "@/no/such/file.json"], "cannot be read (ENOENT)", "path after @"],
    [["ask", "a cup", "--file", "/no/such.png"], 'There is no file "/no/such.png".', "--file"],
  ])("%j is wrong usage: exit code 2, problem and hint on stderr, nothing on stdout", async (argv, problem, hint) => {
    const ran = await atelier(argv)
    expect(ran.code).toBe(2)
    expect(ran.stdout).toBe("")
    expect(ran.stderr).toMatch(/^error: .*\n {2}/)
    expect(ran.stderr).toContain(problem)
    expect(ran.stderr).toContain(hint)
  })

  test("hands privileged work to its host", async () => {
    expect((await atelier(["start", "--port", "0"])).code).toBe(0)
    expect((await atelier(["worker", "--lanes", "cpu,gpu"])).code).toBe(2)
    expect((await atelier(["backup", "there"])).stdout).toBe("saved to there\n")
    expect(JSON.parse((await atelier(["restore", "there", "--force", "--json"])).stdout)).toEqual({
      directory: "there",
      force: true,
    })
    expect(
      JSON.parse((await atelier(["key", "create", "laptop", "--days", "30", "--scopes", "a, b", "--json"])).stdout),
    ).toEqual({ name: "laptop", role: "user", scopes: ["a", "b"], days: 30 })
    expect((await atelier(["key", "revoke", "k1"])).stdout).toBe("revoked k1\n")
  })

  test("a bug is told with a reference, not hidden, and ends with 1", async () => {
    const ran = await atelier(["doctor"], {
      host: { open: () => Promise.reject(new TypeError("x is not a function")) },
    })
    expect(ran.code).toBe(1)
    expect(ran.stderr).toMatch(
      /error: Something in the studio broke.*\n.*reference [0-9a-f]{8}\.\n[0-9a-f]{8}: TypeError/,
    )
  })
})

describe("tools and doctor", () => {
  test("list the tools for people and for programs", async () => {
    expect((await atelier(["tools"])).stdout).toBe("cup_create  Create a cup\ncup_delete  Smash a cup\n")
    const listed = JSON.parse((await atelier(["tools", "--json"])).stdout) as {
      name: string
      input: { properties: object }
    }[]
    expect(listed.map((it) => it.name)).toEqual(["cup_create", "cup_delete"])
    expect(Object.keys(listed[0]?.input.properties ?? {})).toContain("height_mm")
  })

  test("the help of a tool comes from its schema: limits, values, examples", async () => {
    const { code, stdout } = await atelier(["call", "cup_create", "--help"])
    expect(code).toBe(0)
    expect(stdout).toContain("height_mm  number from 20 to 200 mm")
    expect(stdout).toContain("one of red, blue")
    expect(stdout).toContain(`atelier call cup_create '{"colour":"red"}'`)
  })

  test("doctor ends with 1 only when something fails", async () => {
    expect((await atelier(["doctor", "--json"])).code).toBe(0)
    house.services.health = async () => [{ name: "disk", state: "failing", detail: "full", hint: "Free some." }]
    const ran = await atelier(["doctor"])
    house.services.health = async () => []
    expect(ran.code).toBe(1)
    expect(ran.stdout).toContain("FAILING  disk  full")
  })
})

describe("call", () => {
  test("takes inline JSON, a file and stdin", async () => {
    const file = join(folder, "input.json")
    await writeFile(file, '{"colour":"red"}')
    for (const [word, stdin] of [
      ['{"colour":"red"}', ""],
      [`@${file}`, ""],
      ["-", '{"colour":"red"}'],
    ] as const) {
      const ran = await atelier(["call", "cup_create", word, "--json"], { stdin })
      expect(ran.code).toBe(0)
      expect(JSON.parse(ran.stdout)).toMatchObject({ made: "red", artifacts: [{ name: "cup.txt", use: "model" }] })
    }
  })

  test("refuses more than 1 MB of input", async () => {
    const ran = await atelier(["call", "cup_create", "-"], { stdin: `{"size":"${"9".repeat(1_000_001)}"}` })
    expect(ran).toMatchObject({ code: 2, stdout: "" })
    expect(ran.stderr).toContain("At most 1000000 bytes")
  })

  test("tells an error on stderr with its hint, and as one document with --json", async () => {
    const ran = await atelier(["call", "cup_create", '{"colour":"blue"}'])
    expect(ran).toEqual({ code: 1, stdout: "", stderr: "error: There is no blue glaze left.\n  Red is possible.\n" })
    const json = await atelier(["call", "cup_create", '{"colour":"green"}', "--json"])
    expect(json.code).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: "bad_input" } })
  })

  test("answers a question with the command that settles it", async () => {
    const ran = await atelier(["call", "cup_create", '{"size":"7"}'])
    expect(ran.code).toBe(1)
    expect(ran.stderr).toContain(`For example: atelier call cup_create '{"size":"7","system":"metric"}'`)
  })

  test("keeps control characters of replies away from the terminal, and stdout free of progress", async () => {
    const ran = await atelier(["call", "cup_create", "{}"])
    expect(ran.stdout).not.toContain("\u001b")
    expect(ran.stdout.split("\n")[0]).toBe("A plain cup. [2J")
    expect(ran.stderr).toBe("… turning 50 %\n")
  })

  test("--out saves under safe names, never over other content, and never twice the same", async () => {
    const out = join(folder, "files")
    await atelier(["call", "cup_create", "{}", "--out", out])
    const again = await atelier(["call", "cup_create", "{}", "--out", out])
    expect(again.stdout).toContain(`saved as ${join(out, "cup.txt")}`)
    const other = await atelier(["call", "cup_create", '{"size":"7","system":"metric"}', "--out", out, "--json"])
    expect(JSON.parse(other.stdout)).toMatchObject({ artifacts: [{ path: join(out, "cup (2).txt") }] })
    expect((await readdir(out)).sort()).toEqual(["cup (2).txt", "cup.txt"])
    expect(await readFile(join(out, "cup.txt"), "utf8")).toMatch(/^solid \n/)
  })

  test("a folder that cannot be made is told with the reason", async () => {
    const file = join(folder, "a-file")
    await writeFile(file, "x")
    const ran = await atelier(["call", "cup_create", "{}", "--out", file])
    expect(ran.code).toBe(1)
    expect(ran.stderr).toContain("Choose a folder that you may write into with --out.")
    expect(ran.stdout).toContain("A plain cup.")
    const json = await atelier(["call", "cup_create", "{}", "--json", "--out", file])
    expect(json.code).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({ artifacts: [{ name: "cup.txt" }] })
  })

  test("NO_COLOR and pipes get plain text, a terminal gets links and progress in one line", async () => {
    const words = ["call", "cup_create", "{}"]
    expect((await atelier(words, { tty: true, env: { NO_COLOR: "1" } })).stdout).not.toContain("\u001b")
    const rich = await atelier(words, { tty: true })
    expect(rich.stdout).toContain("\u001b]8;;http://127.0.0.1:7420/")
    expect(rich.stderr).toContain("\r\u001b[2K… turning 50 %")
  })
})
