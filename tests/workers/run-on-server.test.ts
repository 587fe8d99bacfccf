import { expect, test } from "vitest"
import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import { attempt } from "#tests/workers/backends/attempt.ts"
import { defineBackend, type Poll } from "#workers/backend.ts"

/** A server whose answers to polls are a list; an Error is thrown, and the last one repeats. */
function serverThatSays(...answers: (Poll<string> | Error)[]) {
  const begun: string[] = []
  const backend = defineBackend({
    describe: () => ({
      kind: "toy",
      title: "Toy",
      makes: ["image"],
      progress: "none",
      cancel: "none",
      resumable: true,
      slots: 1,
    }),
    order: z.object({}),
    handle: z.string(),
    settings: z.object({}),
    probe: () => Promise.resolve({ ok: true, detail: "" }),
    start: () => {
      begun.push("run")
      return Promise.resolve({ handle: "run" })
    },
    resume: (handle) => Promise.resolve(handle),
    poll: () => {
      const next = answers.length > 1 ? answers.shift() : answers[0]
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next ?? { state: "queued" })
    },
    cancel: () => Promise.resolve(),
    pollEveryMs: 1,
  })
  return { backend, begun }
}

const away = () => new BackendError("toy", "it cannot be reached", "transient")
const made: Extract<Poll<string>, { state: "done" }> = { state: "done", made: { files: [], effective: {} } }
const run = (backend: ReturnType<typeof serverThatSays>["backend"], options: { handle?: string } = {}) =>
  attempt(backend, "http://127.0.0.1:1", {}, options).made

test("a few polls that fail in passing are repeated, and the run ends well", async () => {
  const { backend, begun } = serverThatSays({ state: "running" }, away(), away(), away(), made)
  expect(await run(backend)).toEqual(made.made)
  expect(begun).toHaveLength(1)
})

test("a run that was seen and then cannot be reached any more is said to go on", async () => {
  const { backend } = serverThatSays({ state: "running" }, away())
  await expect(run(backend)).rejects.toMatchObject({ retry: "transient", goesOn: true })
})

test("a run that could not be seen even once is given up, so that the next attempt begins anew", async () => {
  const { backend, begun } = serverThatSays(away())
  await expect(run(backend, { handle: "earlier" })).rejects.toMatchObject({
    retry: "transient",
    goesOn: false,
  })
  expect(begun).toHaveLength(0)
})

test("a run that the server has lost is given up at once", async () => {
  const { backend } = serverThatSays({ state: "running" }, { state: "lost", why: "it was restarted" })
  await expect(run(backend)).rejects.toMatchObject({
    problem: "it was restarted",
    retry: "transient",
    goesOn: false,
  })
})
