import { once } from "node:events"
import { z } from "zod"
import { UserError } from "#src/errors.ts"
import { defineJob, runJob } from "#src/job.ts"
import { attemptPayload } from "#src/platform/queue/offer.ts"
import { createSqliteLane } from "#src/platform/queue/lanes/sqlite.ts"
import type { Studio } from "#src/studio.ts"
import { defineTool, type Tool } from "#src/tool.ts"
import type { TestStudio } from "#tests/studio.ts"

/** A job that a test steers: it ends at once, fails, or runs until it is stopped. */
export const handJob = defineJob({
  type: "hand.work",
  payload: z.object({ mode: z.enum(["quick", "fail", "hold"]), word: z.string().max(200) }),
  result: z.object({ word: z.string() }),
  lane: "hand",
  timeLimitS: 60,
  attempts: 1,
  estimate: () => ({ seconds: 1 }),
  summarize: ({ word }) => ({ say: `Made by hand: ${word}.`, data: { word } }),
})

/** Works on the lane "hand" of a test studio until it is stopped. */
export async function startHand(studio: TestStudio): Promise<{ stop(): Promise<void> }> {
  const { db, clock, services } = studio
  const lane = createSqliteLane({ db, clock, log: services.log })
  const consumer = await lane.consume(
    "hand",
    async ({ payload }, signal, progress) => {
      const { mode, word } = handJob.payload.parse(attemptPayload.parse(payload).payload)
      progress({ fraction: 0.5, text: `shaping ${word}` })
      if (mode === "fail") throw new UserError(`The ${word} broke.`, "Take another one.")
      if (mode === "hold" && !signal.aborted) await once(signal, "abort")
      signal.throwIfAborted()
      return { word }
    },
    { slots: 4, leaseMs: 60_000 },
  )
  return {
    stop: async () => {
      await consumer.stop({ graceMs: 0 })
      await lane.close()
    },
  }
}

/** Submits hand work and waits for it, like every tool with long work. */
export const handTool: Tool = defineTool({
  name: "hand_make",
  title: "Make by hand",
  description: "Makes something by hand, quickly or not at all.",
  effect: "writes",
  cost: "metered",
  role: "user",
  input: z.object({
    mode: z.enum(["quick", "fail", "hold"]).default("quick").describe("How it ends."),
    word: z.string().max(200).default("clay").describe("What is made."),
    wait_s: z.number().min(0).max(25).default(10).describe("Longest wait in seconds."),
  }),
  output: z.object({ word: z.string().optional() }),
  examples: [{ say: "make a cup", input: { word: "cup" } }],
  run: async ({ mode, word, wait_s }, studio) =>
    (await runJob(studio, handJob, { mode, word }, { title: word, waitS: wait_s })).reply,
})

/** Submits without waiting; the id. */
export function submitHand(studio: Studio, mode: "quick" | "fail" | "hold", word = "clay"): string {
  return studio.jobs.submit(handJob, { mode, word }, { caller: studio.caller, title: word }).id
}
