import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { atelier as run, type Ran } from "#tests/bots/terminal/terminal.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { loadRegistry, type Registry } from "#tools/registry.ts"

let studio: TestStudio
let registry: Registry
beforeAll(async () => {
  studio = await testStudio()
  registry = await loadRegistry(["admin", "studio"])
  studio.accounts.forIdentity({ platform: "discord", tenant: "guild9", externalId: "8035" }, "Ada Lovelace")
})
afterAll(() => studio.close())

/** The command line of the owner, with the tools of admins. */
function quota(words: string[], caller: Parameters<TestStudio["call"]>[0] = {}): Promise<Ran> {
  return run(studio, ["quota", ...words], {
    host: {
      open: async () => ({
        services: studio.services,
        registry,
        owner: studio.call(caller).caller,
        conversations: () => Promise.reject(new Error("nobody talks here")),
        studioFor: ({ signal, progress }) => ({ ...studio.call(caller, { signal }), progress }),
        close: async () => {},
      }),
    },
  })
}
const plain = (text: string) => text.replaceAll(/acc_\w+/g, "acc").replaceAll(/grt_\w+/g, "grt")

describe("atelier quota", () => {
  test("sets, shows, reports and takes back, in the words of the help", async () => {
    const said: string[] = []
    for (const words of [
      ["set", "role:user", "gpu_seconds", "600", "per", "day", "--reason", "spring term"],
      ["set", "everyone", "storage_bytes", "2.5GB"],
      ["set", "Ada Lovelace", "jobs", "unlimited"],
      ["grant", "discord:8035", "gpu_seconds", "500", "--expires", "7d"],
      ["budget", "gpu_seconds", "20_000", "month", "--tenant", "guild9"],
      ["reset", "Ada Lovelace", "gpu_seconds", "per", "day"],
      ["block", "Ada Lovelace", "--until", "2d", "--reason", "spam"],
      ["unblock", "Ada Lovelace"],
      ["zone", "Europe/Berlin", "--tenant", "guild9"],
      ["remove", "Ada Lovelace", "jobs"],
    ]) {
      const ran = await quota(words)
      expect([words, ran.code, ran.stderr]).toEqual([words, 0, ""])
      said.push(ran.stdout.trimEnd())
    }
    expect(plain(said.join("\n"))).toMatchInlineSnapshot(`
      "role user: 600 GPU seconds per day.
      Everyone: 2.5 GB.
      Ada Lovelace (acc): unlimited jobs per day.
      Ada Lovelace (acc): 500 GPU seconds more, until 2026-11-19 09:30 UTC (grt).
      budget of guild9: 20000 GPU seconds per month.
      Ada Lovelace (acc): nothing was used of this day.
      Ada Lovelace (acc) is blocked until 2026-11-14 09:30 UTC.
      Ada Lovelace (acc) is not blocked any more.
      Days of guild9 begin at midnight in Europe/Berlin (was UTC).
      Ada Lovelace (acc): no limit of its own any more (was unlimited jobs per day)."
    `)
    const shown = await quota(["show", "Ada Lovelace"])
    expect(shown.stdout).toContain("Day allowance 600 GPU seconds from role user (set by Owner, 2026-11-12): used 0")
    const top = /grt_\w+/.exec(shown.stdout)?.[0] ?? ""
    expect((await quota(["remove", top])).stdout).toMatch(/ended with 500 GPU seconds left/)
    expect((await quota(["list"])).stdout).toContain("role:user  600 GPU seconds per day")
    expect((await quota(["top", "gpu_seconds", "week"])).stdout).toBe("Nobody has used any GPU seconds this week.\n")
    expect((await quota(["log", "Ada Lovelace", "--limit", "1"])).stdout).toMatch(
      / end_grant Ada Lovelace by Owner \(cli\)/,
    )
    expect(JSON.parse((await quota(["show", "--json"])).stdout)).toMatchObject({ account: { id: "local" } })
  })

  test.each([
    [["sett", "x"], 'There is no "quota sett".', 'Did you mean "quota set"?'],
    [["set", "everyone", "jobs"], '"quota set" needs other words', "atelier quota set <target> <unit> <amount>"],
    [["set", "everyone", "jobs", "lots"], '"lots" is not an amount', "10GB"],
    [["set", "everyone", "jobs", "1.5"], '"1.5" is not an amount', "10GB"],
    [["remove", "Ada"], '"quota remove" needs other words', "<id of a top-up>"],
    [["list", "all"], '"quota list" needs other words', "atelier quota list"],
    [["top", "--limit", "0"], '--limit is "0"', "from 1 to 200"],
  ])("%j is wrong usage: exit code 2 with what would be right", async (words, problem, hint) => {
    const ran = await quota(words)
    expect(ran).toMatchObject({ code: 2, stdout: "" })
    expect(ran.stderr).toContain(problem)
    expect(ran.stderr).toContain(hint)
  })

  test("a wrong unit, an unknown person and a person who is no admin are told, with exit code 1", async () => {
    expect(await quota(["set", "everyone", "bananas", "1"])).toMatchObject({ code: 1, stdout: "" })
    expect((await quota(["show", "Zoe"])).stderr).toContain('There is no account "Zoe".')
    const refused = await quota(["reset", "Ada Lovelace"], { role: "user" })
    expect(refused.code).toBe(1)
    expect(refused.stderr).toContain('not open to the role "user"')
  })

  test("its help teaches every verb with the units, windows and an example", async () => {
    const { stdout } = await run(studio, ["quota", "--help"])
    for (const text of [
      "quota grant <user> <unit> <amount>",
      "gpu_seconds",
      "per <window>",
      "600 per day",
      "--expires",
    ])
      expect(stdout).toContain(text)
    expect(stdout.split("\n").filter((line) => line.length > 132)).toEqual([])
  })
})
