import { generateText, isStepCount, streamText, tool as toolOf } from "ai"
import type { ToolSet } from "ai"
import { beforeAll, describe, expect, test } from "vitest"
import { createRulesModel, rulesMetadata } from "#src/conversation/rules/provider.ts"
import type { RulesOptions } from "#src/conversation/rules/provider.ts"
import type { TurnQuestion } from "#src/conversation/result.ts"
import { UserError } from "#src/errors.ts"
import type { Tool } from "#src/tool.ts"
import { contexts } from "#tests/eval/row.ts"
import { loadRegistry } from "#tools/registry.ts"

let tools: readonly Tool[]
beforeAll(async () => void (tools = (await loadRegistry(["design", "export", "media", "studio"])).visible("user")))

type Answer = (input: Record<string, unknown>) => unknown
interface Said {
  calls: [string, Record<string, unknown>][]
  text: string
  rules: ReturnType<typeof rulesMetadata>
  steps: number
}

/** One turn of `ai`'s streaming loop over tools that answer as given. */
async function say(
  text: string,
  options: Partial<RulesOptions> = {},
  answers: Record<string, Answer> = {},
): Promise<Said> {
  const calls: Said["calls"] = []
  const model = createRulesModel({ tools, ...options })
  const result = streamText({
    model,
    tools: setOf(calls, answers),
    prompt: text,
    stopWhen: isStepCount(8),
    onError: () => undefined,
  })
  let streamed = ""
  let rules: Said["rules"]
  for await (const part of result.stream) {
    if (part.type === "text-delta") streamed += part.text
    if (part.type === "finish-step") rules = rulesMetadata(part.providerMetadata)
  }
  return { calls, text: streamed, rules, steps: (await result.steps).length }
}

function setOf(calls: Said["calls"], answers: Record<string, Answer>): ToolSet {
  const entries = tools.map((it) => [
    it.name,
    toolOf({
      inputSchema: it.input,
      execute: (input: Record<string, unknown>) => {
        calls.push([it.name, input])
        return answers[it.name]?.(input) ?? { say: `${it.title}: done.`, data: {} }
      },
    }),
  ])
  return Object.fromEntries(entries) as ToolSet // pairs of name and tool
}

describe("command mode in the loop of language models", () => {
  test("carries out what it understood, then says what the tool said, and how it came about", async () => {
    const { calls, text, rules, steps } = await say("a platinum ring, US 6, with a 1 carat ruby")
    expect(calls).toMatchObject([["design_create", { metal: "platinum_950", size: "6", stone: "ruby", carat: 1 }]])
    expect(text).toBe("Create a jewellery design: done.")
    expect(steps).toBe(2)
    expect(rules?.footer).toMatch(
      /^Command mode: read without a language model\. Taken by default: metal platinum 950 for "platinum"\.$/,
    )
    expect(rules?.question).toBeUndefined()
  })

  test("asks where it is not sure: no call, the reading in words, choices that hold the finished call", async () => {
    const { calls, text, rules } = await say("gold or platinum ring")
    expect(calls).toEqual([])
    expect(text).toMatch(/^Read as: Create a jewellery design.*\nThere are 2 values for metal/s)
    expect(rules).toMatchObject({ question: expect.stringMatching(/Which one/), field: "metal" })
    expect(rules?.choices?.map((it) => it.does)).toMatchObject([
      { call: { tool: "design_create", input: { metal: "14k_yellow_gold" } } },
      { call: { tool: "design_create", input: { metal: "platinum_950" } } },
    ])
  })

  test("names the words that it did not use", async () => {
    const { rules } = await say("a platinum ring with a halo")
    expect(rules).toMatchObject({ unused: ["halo"], footer: expect.stringContaining("Not used: halo.") })
  })

  test("works on the thing in front, and says in numbers how a relative word was taken", async () => {
    const { calls, text } = await say("a bit wider", { focus: contexts.ring })
    expect(calls).toMatchObject([
      ["design_edit", { design: "design_ring1", operations: [{ op: "set", band_width_mm: 2.4 }] }],
    ])
    expect(text).toBe("a bit wider: band width from 2.2 to 2.4 mm.\nChange a design: done.")
  })

  test("runs orders that build on each other one after the other, with the id of what was made", async () => {
    const made = () => ({ say: "Made.", data: { design: "design_42" } })
    const { calls } = await say(
      "make a silver ring. make the band 3 mm wide. export the stl",
      {},
      { design_create: made },
    )
    expect(calls.map(([name, input]) => [name, input["design"]])).toEqual([
      ["design_create", undefined],
      ["design_edit", "design_42"],
      ["export_file", "design_42"],
    ])
  })

  test("makes several pieces that were asked for in one sentence", async () => {
    const { calls, steps } = await say("a ring in gold and one in platinum")
    expect(calls.map(([, input]) => input["metal"])).toEqual(["14k_yellow_gold", "platinum_950"])
    expect(steps).toBe(2)
  })

  test("stops behind a tool that failed, says its error and what was not done after it", async () => {
    const refuse = () => {
      throw new UserError("The band cannot be 3 mm wide.", "Up to 2.9.")
    }
    const { calls, text } = await say(
      "make the band 3 mm wide. show it",
      { focus: contexts.ring },
      { design_edit: refuse },
    )
    expect(calls).toHaveLength(1)
    expect(text).toBe("The band cannot be 3 mm wide. Up to 2.9.\nNot done after that: Show a design.")
  })

  test("passes a tool's own question on, with the completed call behind each choice", async () => {
    const asked = () => ({
      question: "Which system is size 7?",
      field: "size_system",
      choices: [{ value: "us", label: "US 7" }],
    })
    const { text, rules } = await say("a gold ring, size 7", {}, { design_create: asked })
    expect(text).toBe("Which system is size 7?")
    expect(rules?.choices?.[0]?.does).toMatchObject({
      call: { tool: "design_create", input: { metal: "14k_yellow_gold", size: "7", size_system: "us" } },
    })
  })

  test("reads only what the person said, not what came with it", async () => {
    const prompt = "undo that\n\nQuoted from ada: make it platinum, cancel everything"
    const { calls } = await say(prompt, { focus: contexts.ring, said: "undo that" })
    expect(calls).toMatchObject([["design_edit", { operations: [{ op: "undo" }] }]])
  })

  test("asks before it leaves an attached file out", async () => {
    const model = createRulesModel({ tools })
    const { content, finishReason } = await model.doGenerate({
      prompt: [
        {
          role: "user",
          content: [
            { type: "text", text: "a gold ring" },
            { type: "file", filename: "sketch.png", mediaType: "image/png", data: { type: "data", data: "" } },
          ],
        },
      ],
    })
    expect(finishReason.unified).toBe("stop")
    expect(content).toMatchObject([{ type: "text", providerMetadata: { rules: { unused: ["file sketch.png"] } } }])
  })

  test("names files that its caller knows of", async () => {
    const { calls, rules } = await say("a gold ring", { files: ["sketch.png"] })
    expect(calls).toEqual([])
    expect(rules?.unused).toEqual(["file sketch.png"])
  })

  test("answers several messages that came together together", async () => {
    const calls: Said["calls"] = []
    await generateText({
      model: createRulesModel({ tools, focus: contexts.ring }),
      tools: setOf(calls, {}),
      messages: [
        { role: "user", content: "make it platinum" },
        { role: "user", content: "and 3 mm wide" },
      ],
      stopWhen: isStepCount(8),
    })
    expect(calls).toMatchObject([
      ["design_edit", { operations: [{ op: "set", metal: "platinum_950", band_width_mm: 3 }] }],
    ])
  })

  test("a stop before it begins is an abort", async () => {
    const model = createRulesModel({ tools })
    const abortSignal = AbortSignal.abort()
    await expect(model.doStream({ prompt: [], abortSignal })).rejects.toThrow(/abort/i)
  })
})

describe("an answer to the question that is open", () => {
  const asked: TurnQuestion = {
    text: "Which metal?",
    choices: [
      {
        value: "platinum_950",
        label: "platinum 950",
        does: { call: { tool: "design_create", input: { metal: "platinum_950" } } },
      },
      {
        value: "sterling_silver",
        label: "sterling (92.5 %), the usual one",
        does: { call: { tool: "design_create", input: { metal: "sterling_silver" } } },
      },
      { value: "brass", label: "brass", does: { call: { tool: "design_create", input: { metal: "brass" } } } },
    ],
  }
  const only = { ...asked, choices: asked.choices.slice(0, 1) }

  test.each([
    ["platinum 950", "platinum_950"],
    ["the third one", "brass"],
    ["3", "brass"],
    ["sterling", "sterling_silver"],
    ["Brass.", "brass"],
  ])("%s", async (text, metal) => {
    const { calls } = await say(text, { asked })
    expect(calls).toMatchObject([["design_create", { metal }]])
  })

  test("a yes counts only where there is one thing to say yes to", async () => {
    expect((await say("yes", { asked: only })).calls).toHaveLength(1)
    expect((await say("yes", { asked })).calls).toEqual([])
    expect((await say("yes")).calls).toEqual([])
  })

  test("a no ends it, and another order is read as itself", async () => {
    expect(await say("never mind", { asked })).toMatchObject({ calls: [], text: "Nothing was done." })
    expect((await say("list my jobs", { asked })).calls).toMatchObject([["job_list", {}]])
  })
})
