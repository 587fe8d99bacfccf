// What the conversation costs around the work itself: acknowledgement, command mode, our loop, pages that listen.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible"
import { jsonSchema, streamText, tool, type ModelMessage, type ToolSet } from "ai"
import { describeItem } from "#src/families.ts"
import { createLlm } from "#src/platform/llm/create.ts"
import { loadConfig } from "#src/platform/config.ts"
import { createLog } from "#src/platform/log.ts"
import type { Conversations, Thread } from "#src/conversation/conversation.ts"
import { webRig, type Heard } from "#tests/bots/web/api/rig.ts"
import { talk } from "#tests/conversation/talk.ts"
import type { Answer } from "#tests/servers/llm/answer.ts"
import { startLlmServer, type ChatRequest } from "#tests/servers/llm/server.ts"
import { testStudio } from "#tests/studio.ts"
import { loadRegistry } from "#tools/registry.ts"

// Figures on a real database file. They depend on the machine: read the ratios, and the goals.
const COMMAND_TURNS = 200
const MODEL_TURNS = 60
const PAGES = 200
const ROUNDS = 40
const WARM = 10
const GOAL_P95_MS = 20
const RING = "a 14k rose gold solitaire, US size 7"
/** Follow-ups that start no job: the first three are carried out, the others asked back about. */
const SENTENCES = ["studio status", "what can you do?", "list my jobs", "is it castable?", "make it nicer"]
const WORDS = "A ring of fourteen carat gold can be made in any size; say which one you wear. ".repeat(3)
/** Counts tokens as a real server would: a prompt that looks cut makes the studio lower the context it believes in. */
const reply = (request: ChatRequest): Answer => ({
  text: WORDS,
  usage: { prompt: Math.ceil(JSON.stringify(request).length / 4), completion: 60 },
})

const quantile = (times: readonly number[], q: number) =>
  times.toSorted((a, b) => a - b)[Math.floor(q * (times.length - 1))] ?? 0
const ms = (value: number) => `${value.toFixed(2)} ms`
const both = (times: readonly number[]) => `p50 ${ms(quantile(times, 0.5))}, p95 ${ms(quantile(times, 0.95))}`

/** One turn: milliseconds from send() to the message and the start of the turn, and to the answer. */
async function timeTurn(
  conversations: Conversations,
  thread: Thread,
  send: () => Promise<unknown>,
): Promise<{ message: number; started: number; answer: number }> {
  const stop = new AbortController()
  const seen = new Map<string, number>()
  const watching = (async () => {
    for await (const { kind } of conversations.events(thread.id, { signal: stop.signal })) {
      seen.set(kind, performance.now())
      if (kind === "turn-ended") break
    }
  })()
  // Lets the watcher take its place before the turn begins.
  await new Promise(setImmediate)
  const from = performance.now()
  await send()
  const answer = performance.now() - from
  await watching
  stop.abort()
  return { message: (seen.get("message") ?? 0) - from, started: (seen.get("turn-started") ?? 0) - from, answer }
}

async function commandMode(): Promise<void> {
  const studio = await testStudio({ file: true })
  const open = await talk(await loadRegistry(studio.config.families), {
    studio,
    parametersOf: async (kind, data) => (await describeItem(kind, data))?.parameters,
  })
  // Follow-ups come with something in front, which makes reading dearer.
  await open.say(RING)
  const turns: Awaited<ReturnType<typeof timeTurn>>[] = []
  for (let n = 0; n < WARM + COMMAND_TURNS; n++) {
    const text = SENTENCES[n % SENTENCES.length] ?? ""
    turns.push(await timeTurn(open.conversations, open.thread, () => open.say(text)))
  }
  const warm = turns.slice(WARM)
  const answers = warm.map((it) => it.answer)
  const p95 = quantile(answers, 0.95)
  const started = warm.map((it) => it.started)
  console.log(`send → message heard: ${both(warm.map((it) => it.message))}`)
  console.log(
    `send → turn started: ${both(started)} (${((quantile(started, 0.5) / quantile(answers, 0.5)) * 100).toFixed(0)} % of the whole turn)`,
  )
  console.log(
    `command mode, follow-up without a job: ${both(answers)} (p95/p50 ${(p95 / quantile(answers, 0.5)).toFixed(1)}; p95 is ${(p95 / GOAL_P95_MS).toFixed(2)} of the goal of ${GOAL_P95_MS} ms: ${p95 < GOAL_P95_MS ? "reached" : "missed"})`,
  )
  await open.close()
  await studio.close()
}

/** The same prompt, taken from what our loop sent, through the bare library to the same server. */
function bare(url: string, { messages, tools = [], max_tokens }: ChatRequest) {
  const model = createOpenAICompatible({ name: "bench", baseURL: url, includeUsage: true }).chatModel("m")
  const toolSet: ToolSet = Object.fromEntries(
    tools.map(({ function: { name, description = "", parameters } }) => [
      name,
      tool({ description, inputSchema: jsonSchema(Object(parameters) as object) }), // our own schemas, as JSON
    ]),
  )
  const textOf = ({ content }: ChatRequest["messages"][number]) =>
    typeof content === "string" ? content : JSON.stringify(content)
  const instructions = messages
    .filter((it) => it.role === "system")
    .map(textOf)
    .join("\n")
  const prompt = messages
    .filter((it) => it.role === "user")
    .map((it): ModelMessage => ({ role: "user", content: textOf(it) }))
  return async () => {
    const result = streamText({
      model,
      instructions,
      messages: prompt,
      tools: toolSet,
      ...(max_tokens === undefined ? {} : { maxOutputTokens: max_tokens }),
    })
    for await (const part of result.stream) if (part.type === "error") throw part.error
  }
}

async function loopOverhead(): Promise<void> {
  const server = await startLlmServer()
  const studio = await testStudio({ file: true })
  const config = loadConfig(
    { ATELIER_LLM_ENDPOINTS: `bench=${server.url}`, ATELIER_LLM_FAST: "bench/m" },
    "/nonexistent/.env",
  )
  const llm = createLlm({ config, db: studio.db, clock: studio.clock, log: createLog("error") })
  const open = await talk(await loadRegistry(studio.config.families), { studio, llm })
  const ours: number[] = []
  const alone: number[] = []
  let library: (() => Promise<void>) | undefined
  for (let n = 0; n < WARM + MODEL_TURNS; n++) {
    // A new thread each time, so that every turn has the same prompt.
    const thread = open.conversations.open({ surface: "cli", tenantId: "local", thread: `turn ${n}` }, open.caller)
    server.script(reply, reply)
    const from = performance.now()
    await open.conversations.send(thread.id, { caller: open.caller, text: "what sizes can a ring have" })
    ours.push(performance.now() - from)
    const [request] = server.requests
    if (!request) throw new Error("the loop did not ask the scripted server")
    library ??= bare(server.url, request)
    const again = performance.now()
    await library()
    alone.push(performance.now() - again)
  }
  if (server.requests.length !== 2 * ours.length)
    throw new Error(`${server.requests.length} requests for ${2 * ours.length} turns; they should be as many`)
  const [a, b] = [server.requests[0], server.requests[1]].map((it) => JSON.stringify(it).length)
  // Each turn against the bare one right after it, so that other load on the machine falls on both.
  const pairs = ours.map((own, n) => ({ ratio: own / (alone[n] ?? Infinity), more: own - (alone[n] ?? 0) })).slice(WARM)
  const more = pairs.map((it) => it.more)
  console.log(
    `turn with a model that answers at once: ${both(ours.slice(WARM))}; bare streamText: ${both(alone.slice(WARM))}`,
  )
  console.log(
    `our loop over bare streamText: ratio ${quantile(
      pairs.map((it) => it.ratio),
      0.5,
    ).toFixed(2)} (${ms(quantile(more, 0.5))} more a turn; request sizes ${a} and ${b} bytes)`,
  )
  await open.close()
  llm.close()
  await studio.close()
  await server.close()
}

async function fanOut(): Promise<void> {
  const rig = await webRig()
  const browser = await rig.browser()
  const made = (await (await browser.post("/api/threads", {})).json()) as Thread // our own server's answer
  const pages = await Promise.all(Array.from({ length: PAGES }, () => browser.events(`?thread=${made.id}`)))
  await Promise.all(pages.map((page) => page.until((event) => event.kind === "hello")))
  const round = async (listening: typeof pages, number: number) => {
    const text = `event ${number}`
    const isIt = (event: Heard["event"]) => event.kind === "message" && JSON.stringify(event.message.doc).includes(text)
    const cpu = process.cpuUsage()
    const from = performance.now()
    rig.talk.say(made.id, [{ kind: "text", text }])
    await Promise.all(listening.map((page) => page.until(isIt)))
    const { user, system } = process.cpuUsage(cpu)
    return { wall: performance.now() - from, cpu: (user + system) / 1000 }
  }
  const all: Awaited<ReturnType<typeof round>>[] = []
  for (let n = 0; n < WARM + ROUNDS; n++) all.push(await round(pages, n))
  await Promise.all(pages.slice(1).map((page) => page.close()))
  const single: typeof all = []
  for (let n = 0; n < WARM + ROUNDS; n++) single.push(await round(pages.slice(0, 1), 1_000 + n))
  const many = all.slice(WARM)
  const wall = many.map((it) => it.wall)
  const cpu = quantile(
    many.map((it) => it.cpu),
    0.5,
  ) // one event to all pages
  const one = quantile(
    single.slice(WARM).map((it) => it.wall),
    0.5,
  )
  console.log(
    `one event to ${PAGES} pages over HTTP: ${both(wall)} until all have it (${(quantile(wall, 0.5) / one).toFixed(0)} times one page, for ${PAGES} times the pages)`,
  )
  console.log(
    `CPU per page and event: ${((cpu / PAGES) * 1000).toFixed(0)} µs, the reading pages of this process included`,
  )
  await pages[0]?.close()
  await rig.close()
}

await commandMode()
await loopOverhead()
await fanOut()
