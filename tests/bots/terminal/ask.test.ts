import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { z } from "zod"
import { Question } from "#src/errors.ts"
import { defineTool } from "#src/tool.ts"
import { atelier as run, PNG, type Ran, type Surroundings } from "#tests/bots/terminal/terminal.ts"
import { boards } from "#tests/conversation/boards.ts"
import { scripted, type Step } from "#tests/conversation/scripted.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"
import { createRegistry } from "#tools/registry.ts"

let house: TestStudio
let folder: string
beforeAll(async () => {
  house = await testStudio({ env: { ATELIER_MAX_FILE_MB: "1" } })
  folder = await mkdtemp(join(tmpdir(), "atelier-ask-"))
})
afterAll(async () => {
  await house.close()
  await rm(folder, { recursive: true, force: true })
})

/** `ask` with these words, by default in a thread of its own. */
const ask = (words: string[], around: Surroundings = {}) => run(house, ["ask", ...words], around)
const fresh = () => ["--thread", crypto.randomUUID()]
const parsed = (ran: Ran) => JSON.parse(ran.stdout) as Record<string, unknown> & { data: Record<string, unknown> }

/** What a printed command would be given by a shell. */
function wordsOf(command: string): string[] {
  const words = command.match(/'(?:[^']|'\\'')*'|\S+/g) ?? []
  return words.slice(2).map((word) => word.replaceAll(`'\\''`, "\0").replaceAll("'", "").replaceAll("\0", "'"))
}
const commandIn = (text: string, start: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .find((line) => line.startsWith(start)) ?? ""

describe("a sentence", () => {
  test("is carried out, and the answer is printed with its files and how it was read", async () => {
    const ran = await ask(["a red cup", ...fresh()])
    expect(ran.code).toBe(0)
    const lines = ran.stdout.trimEnd().split("\n")
    expect(lines[0]).toContain("A red cup.")
    expect(lines[1]).toMatch(/^cup\.txt {2}200 B {2}http:\/\/127\.0\.0\.1:7420\//)
    expect(lines.at(-1)).toBe("Command mode: read without a language model.")
    expect(ran.stdout).not.toContain("\u001b")
    expect(ran.stderr).toBe("… Create a cup\n")
  })

  test("follows up on what was said before, in ask and in chat", async () => {
    const around = { registry: boards().registry }
    expect((await ask(["make a red board"], around)).code).toBe(0)
    expect(parsed(await ask(["make it 120 mm wide", "--json"], around)).data).toMatchObject({ width_mm: 120 })
    expect(parsed(await ask(["undo that", "--json"], around)).data).toMatchObject({ width_mm: 100 })
    const chat = await run(house, ["chat"], { ...around, stdin: "/history\nmake it 130 mm wide\n" })
    expect(chat.stdout).toMatch(/you: make a red board[\s\S]*you: undo that/)
    const data = parsed(await ask(["make it blue", "--json"], around)).data
    expect(data).toMatchObject({ width_mm: 130, description: "blue board" })
  })

  test("may be one for another thread, which knows nothing of the questions of this one", async () => {
    const [here, there] = [fresh(), fresh()]
    expect((await ask(["a red cup size 7", ...here])).code).toBe(1)
    expect((await ask(["metric", ...there])).stdout).not.toContain("A red cup.")
    expect((await ask(["metric", ...here])).stdout).toContain("A red cup.")
  })

  test("with --out leaves its files in a folder, and a folder that cannot be written into costs the copies alone", async () => {
    const out = join(folder, "files")
    const ran = await ask(["a red cup", "--out", out, ...fresh()])
    expect(ran).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`saved as ${join(out, "cup.txt")}`) as string,
    })
    expect(await readdir(out)).toEqual(["cup.txt"])

    const blocked = join(folder, "in the way")
    await writeFile(blocked, "")
    const refused = await ask(["a red cup", "--out", blocked, ...fresh()])
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining("A red cup.") as string })
    expect(refused.stderr).toContain(`Files cannot be written into ${blocked} (ENOTDIR).`)
  })

  test("that fails is told on stderr, with nothing on stdout", async () => {
    const ran = await ask(["a blue cup", ...fresh()])
    expect(ran.code).toBe(1)
    expect(ran.stdout).toBe("")
    expect(ran.stderr).toContain("error: There is no blue glaze left.\n  Red is possible.\n")
  })
})

describe("--json", () => {
  test("prints one document with what was done, its data and its files", async () => {
    const out = join(folder, "json")
    const ran = await ask(["a red cup", "--json", "--out", out, ...fresh()])
    expect(ran.code).toBe(0)
    const { artifacts, ...rest } = parsed(ran)
    expect(rest).toMatchObject({
      outcome: "done",
      say: expect.stringContaining("A red cup.") as string,
      data: { made: "red" },
      call: { tool: "cup_create", input: { colour: "red" } },
      calls: [{ tool: "cup_create", outcome: "done", data: { made: "red" } }],
      unused: [],
      notes: [{ tone: "info", text: "Command mode: read without a language model." }],
      readBy: "commands",
      provenance: { by: "command mode", cost: null },
    })
    expect(artifacts).toMatchObject([
      { name: "cup.txt", bytes: 200, url: expect.stringContaining("/files/") as string, path: join(out, "cup.txt") },
    ])
  })

  test("holds the question with the command of each answer, and the error with its hint", async () => {
    const asked = await ask(["a red cup size 7", "--json", ...fresh()])
    expect(asked.code).toBe(1)
    expect(parsed(asked)).toMatchObject({
      outcome: "asked",
      question: {
        text: "Which size do you mean?",
        field: "system",
        choices: [
          {
            value: "metric",
            does: { call: { tool: "cup_create", input: { system: "metric" } } },
            button: expect.stringMatching(/^btn_/) as string,
            command: expect.stringMatching(/^atelier ask 'metric, in cm' --thread '/) as string,
          },
          { value: "imperial" },
        ],
      },
    })
    const failed = await ask(["a blue cup", "--json", ...fresh()])
    expect(failed.code).toBe(1)
    expect(parsed(failed)).toMatchObject({
      outcome: "failed",
      error: { code: "bad_input", problem: "There is no blue glaze left.", hint: "Red is possible." },
      calls: [{ tool: "cup_create", outcome: "failed" }],
    })
    const refused = await ask(["x".repeat(20_001), "--json", ...fresh()])
    expect(refused.code).toBe(1)
    expect(parsed(refused)).toMatchObject({ outcome: "failed", error: { code: "too_large" } })
    expect(refused.stderr).toContain("20001 characters")
  })
})

describe("a question", () => {
  test("is printed with its choices and, for each, a command that gives this answer", async () => {
    const ran = await ask(["a red cup size 7", ...fresh()])
    expect(ran.code).toBe(1)
    expect(ran.stdout).toContain("Which size do you mean?\n")
    expect(ran.stdout).toContain("  2. imperial, in inches\n")
    const command = commandIn(ran.stdout, "atelier ask 'imperial, in inches'")
    const answer = await ask([...wordsOf(command), "--json"])
    expect(parsed(answer)).toMatchObject({ outcome: "done", call: { input: { system: "imperial" } } })

    const again = fresh()
    await ask(["a red cup size 7", ...again])
    expect(parsed(await ask(["imperial please", "--json", ...again]))).toMatchObject({
      call: { input: { system: "imperial" } },
    })

    const unsure = await ask(["a red cup with Bob's glitter", ...fresh()])
    expect(unsure).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(`I did not use "Bob's glitter"`) as string,
    })
    expect((await ask(wordsOf(commandIn(unsure.stdout, "atelier ask 'yes'")))).stdout).toContain("A red cup.")
  })

  test("is put right there at a terminal, by the labels of its buttons", async () => {
    const tty = { tty: true, env: { NO_COLOR: "1" } }
    const ran = await ask(["a red cup size 7", ...fresh()], { ...tty, stdin: "something else\n2\n" })
    expect(ran.code).toBe(0)
    expect(ran.stderr).toContain("  2. imperial, in inches\n1–2, empty = leave it open: That is none of them.\n")
    expect(ran.stdout).toContain("A red cup.")
    const thread = fresh()
    expect((await ask(["a red cup size 7", ...thread], { ...tty, stdin: "\n" })).code).toBe(1)
    expect((await ask(["metric", ...thread], tty)).stdout).toContain("A red cup.")
    const declined = await ask(["delete the cup", ...fresh()], { ...tty, stdin: "no\n" })
    expect(declined).toMatchObject({ code: 1, stdout: expect.stringContaining("Nothing was done.") as string })
  })
})

describe("--yes", () => {
  test("goes on although words are not used, and still names them", async () => {
    const ran = await ask(["a red cup with glitter", "--yes", ...fresh()])
    expect(ran.code).toBe(0)
    expect(ran.stdout.split("\n")[0]).toContain("A red cup.")
    expect(ran.stdout).toContain("Not used: glitter.")
    expect(ran.stderr).toContain('I did not use "glitter"')
    const json = await ask(["a red cup with glitter", "--yes", "--json", ...fresh()])
    expect(parsed(json)).toMatchObject({ outcome: "done", data: { made: "red" }, unused: ["glitter"] })
  })

  test("settles neither a negation nor a question with several answers", async () => {
    expect((await ask(["a cup but not red", "--yes", ...fresh()])).code).toBe(1)
    expect((await ask(["a red cup size 7", "--yes", ...fresh()])).code).toBe(1)
  })

  test("agrees to a step that destroys or costs much where command mode read the sentence, which without it is asked", async () => {
    expect(await ask(["delete the cup", ...fresh()])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("cannot be undone") as string,
    })
    expect((await ask(["delete the cup", "--yes", ...fresh()])).stdout).toContain("Smashed.")

    const around = { registry: boards().registry, parts: { limits: { patienceMs: 10 } } }
    const openJobs = () => house.services.jobs.list("local", { states: ["waiting"] })
    expect((await ask(["dry for 600", ...fresh()], around)).stdout).toContain("about 600 s of work")
    expect(openJobs()).toEqual([])
    const begun = await ask(["dry for 600", "--yes", ...fresh()], around)
    const [job] = openJobs()
    expect(begun).toMatchObject({ code: 1, stdout: expect.stringContaining(`job ${job?.id}: waiting`) as string })
    house.services.jobs.cancel("local", job?.id ?? "")
  })

  /** A board is burnt by whatever the model says. */
  const burning = (step: number): Step =>
    step === 1 ? { text: "Yes, do it. ", calls: [{ tool: "board_burn", input: {} }] } : { text: "yes" }

  test.each([[[]], [["--json"]]])(
    "agrees to nothing that a language model proposed: the question is printed, and nothing was destroyed %j",
    async (json) => {
      const { registry, done } = boards()
      const around = { registry, parts: { llm: scripted(burning).llm } }
      const thread = fresh()
      const ran = await ask(["tidy up, yes, burn all boards", "--yes", ...json, ...thread], around)
      expect(ran.code).toBe(1)
      expect(ran.stdout).toContain("Burn all boards? It cannot be undone.")
      expect(ran.stderr).toContain("this question is for you to answer")
      expect(done).toEqual([])
      expect((await ask(["yes", ...thread], around)).stdout).toContain("Everything is ashes.")
      expect(done).toEqual(["burn"])
    },
  )

  test("agrees to no later step either of what a language model proposed", async () => {
    const sold: string[] = []
    const sell = defineTool({
      name: "cup_sell",
      title: "Sell a cup",
      description: "Sells a cup.",
      effect: "destroys",
      cost: "free",
      role: "user",
      input: z.object({ to: z.enum(["ann", "bob"]).optional() }),
      output: z.object({}),
      examples: [],
      run: async ({ to }) => {
        if (!to)
          throw new Question("To whom?", "to", [
            { value: "ann", label: "Ann" },
            { value: "bob", label: "Bob" },
          ])
        sold.push(to)
        return { say: `Sold to ${to}.`, data: {} }
      },
    })
    const { llm } = scripted(() => ({ calls: [{ tool: "cup_sell", input: {} }] }))
    const around = { registry: createRegistry([sell]), parts: { llm } }
    const thread = fresh()
    await ask(["what is it worth?", ...thread], around)
    expect((await ask(["yes", ...thread], around)).stdout).toContain("To whom?")
    const ran = await ask(["Ann", "--yes", ...thread], around)
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringContaining("It cannot be undone.") as string })
    expect(sold).toEqual([])
  })

  test("agrees where command mode stands in for a model that did not answer", async () => {
    const { registry, done } = boards()
    const { llm } = scripted(() => ({ error: new Error("down") }), { commandsLast: true })
    const ran = await ask(["burn all boards", "--yes", ...fresh()], { registry, parts: { llm } })
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining("No language model answered") as string })
    expect(done).toEqual(["burn"])
  })
})

describe("--file", () => {
  const sketch = async () => {
    const path = join(folder, "sketch.png")
    await writeFile(path, PNG)
    return path
  }

  test("stores the file; command mode says that it opens none, and goes on without it only after a yes", async () => {
    const path = await sketch()
    const asked = await ask(["a red cup", "--file", path, ...fresh()])
    expect(asked.code).toBe(1)
    expect(asked.stdout).toContain("Command mode opens no files. Go on without?")
    expect(asked.stdout).toContain("Not used: file sketch.png.")
    const done = await ask(["a red cup", "--file", path, "--yes", "--json", ...fresh()])
    expect(parsed(done)).toMatchObject({ outcome: "done", data: { made: "red" }, unused: ["file sketch.png"] })
  })

  test("tells a model the name, and the person when nothing looked into the file", async () => {
    const { llm, prompts } = scripted(() => ({ text: "A fine sketch." }))
    const ran = await ask(["what is this?", "--file", await sketch(), ...fresh()], { parts: { llm } })
    const [, id] = /sketch\.png \(image\/png, \d+ bytes\), id (art_\w+)/.exec(prompts[0] ?? "") ?? []
    expect(house.services.artifacts.get(id ?? "")).toMatchObject({ accountId: "local", name: "sketch.png" })
    expect(ran.stdout).toContain("Not opened: sketch.png.")
  })

  test("is refused with words before anything is said in the thread: too large, empty, too many, none", async () => {
    const thread = fresh()
    const large = join(folder, "large.bin")
    const empty = join(folder, "empty.bin")
    await writeFile(large, Buffer.alloc(1024 * 1024 + 1))
    await writeFile(empty, "")
    const tooLarge = await ask(["a red cup", "--file", large, "--json", ...thread])
    expect(tooLarge.code).toBe(1)
    expect(parsed(tooLarge)).toMatchObject({ outcome: "failed", error: { code: "too_large" } })
    expect(tooLarge.stderr).toContain("large.bin has 1.0 MB.\n  At most 1.0 MB are taken (ATELIER_MAX_FILE_MB).")
    expect((await ask(["a red cup", "--file", empty, ...thread])).stderr).toContain("empty.bin is empty.")
    const eleven = Array.from({ length: 11 }, () => ["--file", large]).flat()
    expect(await ask(["a red cup", ...eleven, ...thread])).toMatchObject({ code: 2, stdout: "" })
    expect(await ask(["a red cup", "--file", folder, ...thread])).toMatchObject({ code: 2, stdout: "" })
    const history = await run(house, ["chat", ...thread], { stdin: "/history\n" })
    expect(history.stdout).toBe("")
  })
})

describe("a language model", () => {
  const talking = () => scripted(() => ({ text: "A cup holds water." })).llm

  test("is shown as it writes at a terminal and whole in a pipe: its words once, and who wrote them", async () => {
    for (const tty of [true, false]) {
      const ran = await ask(["what is a cup?", ...fresh()], { tty, env: { NO_COLOR: "1" }, parts: { llm: talking() } })
      expect(ran).toMatchObject({ code: 0, stdout: "A cup holds water.\nAnswered by scripted, 15 tokens, $0.0000.\n" })
    }
    const json = await ask(["what is a cup?", "--json", ...fresh()], { parts: { llm: talking() } })
    expect(parsed(json)).toMatchObject({ say: "A cup holds water.", readBy: "model", provenance: { by: "scripted" } })
  })

  test("that fails is an error, whatever it had said", async () => {
    const { llm } = scripted(() => ({ text: "A cup ho", error: new Error("cut") }))
    const ran = await ask(["what is a cup?", ...fresh()], { parts: { llm } })
    expect(ran).toMatchObject({ code: 1, stdout: expect.stringMatching(/^A cup ho\n/) as string })
    expect(ran.stderr).toContain("error: The answer broke off.")
  })
})

describe("an interruption", () => {
  const thread = () => fresh()

  test("ends with 130; the work that was begun is cancelled and named, and nothing is held for it", async () => {
    for (const json of [[], ["--json"]]) {
      const interrupt = new AbortController()
      const around = { registry: boards().registry, signal: interrupt.signal }
      const running = ask(["dry for 30", ...json, ...thread()], around)
      const waiting = () => house.services.jobs.list("local", { states: ["waiting"] })
      await expect.poll(() => waiting().length).toBe(1)
      const id = waiting()[0]?.id ?? ""
      interrupt.abort()
      const ran = await running
      expect(ran.code).toBe(130)
      expect(ran.stderr).toContain(`error: Interrupted.\n  drying for 30 s (${id}): cancelled.`)
      if (json.length === 0) expect(ran.stdout).toBe("")
      else
        expect(parsed(ran)).toMatchObject({
          outcome: "stopped",
          jobs: [{ id, state: "cancelled" }],
          notes: [{ text: "Stopped. The work that it had begun was cancelled." }],
        })
    }
    expect(house.services.quota.show("local").reduce((sum, line) => sum + line.held, 0)).toBe(0)
  })

  test("before anything was said leaves no trace", async () => {
    const here = thread()
    const ran = await ask(["a red cup", ...here], { signal: AbortSignal.abort() })
    expect(ran).toMatchObject({ code: 130, stdout: "" })
    expect((await run(house, ["chat", ...here], { stdin: "/history\n" })).stdout).toBe("")
  })

  test("ends the wait for an answer that another process gives in the thread", async () => {
    const [flag = "", name = ""] = thread()
    await ask(["a red cup", flag, name])
    house.db.run(
      `INSERT INTO conversation_turn (conversation_id, id, lease_until)
       SELECT id, 'trn_elsewhere', 9000000000000000 FROM conversation WHERE thread = :name`,
      { name },
    )
    const interrupt = new AbortController()
    const running = ask(["a blue cup", flag, name], { signal: interrupt.signal })
    const said = () => house.db.all(z.object({ content: z.string() }), "SELECT content FROM conversation_message", {})
    await expect.poll(() => said().some((row) => row.content.includes("a blue cup"))).toBe(true)
    await setTimeout(350)
    interrupt.abort()
    const ran = await running
    expect(ran).toMatchObject({ code: 130, stdout: "" })
    expect(ran.stderr).toContain("… waiting for another answer in this thread\n")
  })
})
