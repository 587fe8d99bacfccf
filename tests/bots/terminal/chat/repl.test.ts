import { afterAll, beforeAll, expect, test } from "vitest"
import { atelier } from "#tests/bots/terminal/terminal.ts"
import { testStudio, type TestStudio } from "#tests/studio.ts"

let house: TestStudio
beforeAll(async () => {
  house = await testStudio()
})
afterAll(() => house.close())

const chat = (stdin: string, ...argv: string[]) => atelier(house, ["chat", ...argv], { stdin })

test("in a pipe every line is a message, and every answer is printed with its files and buttons", async () => {
  const ran = await chat("a red cup\na red cup size 7\n1\n", "--thread", "pipe")
  expect(ran.code).toBe(0)
  expect(ran.stdout).toContain("A red cup.")
  expect(ran.stdout).toMatch(/cup\.txt {2}200 B {2}http/)
  expect(ran.stdout).toContain("  1. metric, in cm")
  expect(ran.stdout.match(/A red cup/g)?.length).toBeGreaterThanOrEqual(2)
})

test("it remembers the thread of another time, and /history tells it", async () => {
  await chat("a red cup\n", "--thread", "memory")
  const ran = await chat("/history\n", "--thread", "memory")
  expect(ran.stdout).toMatch(/you: a red cup[\s\S]*studio: /)
})

test("commands list what there is, and a wrong one is named with the closest", async () => {
  const ran = await chat("/help\n/quota\n/jobs\n/files\n/hisory\n/quit\na red cup\n", "--thread", "commands")
  expect(ran.stdout).toContain("/undo")
  expect(ran.stdout).toContain("jobs per day")
  expect(ran.stdout).toContain("No jobs yet.")
  expect(ran.stderr).toContain('Did you mean "/history"?')
  expect(ran.stdout).not.toContain("A red cup")
})

test("with --json every line is one event", async () => {
  const ran = await chat("a red cup\n", "--thread", "json", "--json")
  const events = ran.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { kind: string })
  expect(events.map((it) => it.kind)).toContain("turn-ended")
})
