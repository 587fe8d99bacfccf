import { entryOf } from "#src/conversation/interpreter/compiled.ts"
import { createInterpreter, MAX_SENTENCE } from "#src/conversation/interpreter/interpret.ts"
import { lex } from "#src/conversation/interpreter/lexer.ts"
import type { Interpreter } from "#src/conversation/interpreter/interpret.ts"
import type { Reading } from "#src/conversation/interpreter/reading.ts"
import type { Call, TurnChoice, TurnQuestion } from "#src/conversation/result.ts"
import { answerTo } from "#src/conversation/rules/answers.ts"
import { clausesOf, isKindness } from "#src/conversation/rules/clauses.ts"
import { readCopy } from "#src/conversation/rules/copies.ts"
import { offerCorrection } from "#src/conversation/rules/corrections.ts"
import { aimed, lacksItem, makesNew, takesItem } from "#src/conversation/rules/focus.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import { readFragment } from "#src/conversation/rules/fragments.ts"
import { readPhrase } from "#src/conversation/rules/phrases.ts"
import { readPieces } from "#src/conversation/rules/pieces.ts"
import { asking, carrying, doing, offer, saying } from "#src/conversation/rules/plan.ts"
import type { Context, Plan } from "#src/conversation/rules/plan.ts"
import { readQuestion } from "#src/conversation/rules/questions.ts"
import { readRelative } from "#src/conversation/rules/relative.ts"
import { tidy, wished, withFields } from "#src/conversation/rules/tidy.ts"
import { echoOf } from "#src/conversation/rules/wording.ts"
import type { Tool } from "#src/tool.ts"

/** Stands for the item that an earlier call of the same message makes; the provider puts its id in. */
export const MADE = "(made before)"

export interface ReadOptions {
  tools: readonly Tool[]
  focus?: Focus
  /** The question that is open, asked of the person who speaks now. */
  asked?: TurnQuestion
  /** Names of files that came along. */
  files?: readonly string[]
}

/** What a message means in its conversation. Never throws for what people write. */
export function planFor(message: string, { tools, focus, asked, files = [] }: ReadOptions): Plan {
  const context = contextOf(tools, focus)
  const answer = asked && answerTo(asked, message)
  if (answer === "no") return saying("Nothing was done.")
  if (answer) return chosen(answer, context)
  const plan = readMessage(message, context)
  if (files.length === 0) return plan
  return asking("No command here takes a file. Leave it out, or say what to do without it.", [], {
    unused: [...plan.unused, ...files.map((name) => `file ${name}`)],
  })
}

function contextOf(tools: readonly Tool[], focus: Focus | undefined): Context {
  const onItem = focus ? tools.filter((tool) => takesItem(tool, focus.kind)) : []
  return { tools, interpreter: rememberer(tools), onItem: rememberer(onItem), focus }
}

/** The readers below look at the same sentence from several sides; reading it once is enough. */
function rememberer(tools: readonly Tool[]): Interpreter {
  const interpreter = createInterpreter(tools)
  const known = new Map<string, Reading>()
  return {
    read: (sentence) => {
      const reading = known.get(sentence) ?? interpreter.read(sentence)
      known.set(sentence, reading)
      return reading
    },
  }
}

function chosen({ does }: TurnChoice, context: Context): Plan {
  if ("say" in does) return readMessage(does.say, context)
  return doing(["call" in does ? does.call : does.yes])
}

function readMessage(message: string, context: Context): Plan {
  const whole = readOne(message, context)
  if (whole.stages.length > 0 || !whole.question || message.length > MAX_SENTENCE) return whole
  if (isKindness(message) && /\p{L}/u.test(message)) return saying("You are welcome. Say what to make or change next.")
  return readClauses(message, context) ?? whole
}

/** Several orders in a row: carried out only when each is understood, in the order they were said. */
function readClauses(message: string, context: Context): Plan | undefined {
  const clauses = clausesOf(message)
  if (!clauses) return undefined
  const merged = doing([])
  let here = context
  for (const clause of clauses) {
    if (isKindness(clause)) {
      merged.unused.push(clause)
      continue
    }
    const plan = readOne(clause, here)
    if (plan.stages.length === 0) return undefined
    merged.stages.push(...plan.stages)
    merged.notes.push(...plan.notes)
    merged.assumed.push(...plan.assumed)
    merged.unused.push(...plan.unused)
    here = after(plan, here)
  }
  return merged.stages.length > 0 ? merged : undefined
}

/** What "it" is once these calls have been made. */
function after(plan: Plan, context: Context): Context {
  const maker = plan.stages.flat().find((call) => context.tools.some((it) => it.name === call.tool && makesNew(it)))
  const kind = maker?.tool.split("_")[0]
  if (kind) return contextOf(context.tools, { itemId: MADE, kind, name: "the new one", revision: 1 })
  const { focus, ...rest } = context
  if (!focus) return context
  // The values now are not known before the calls have run, so relative words have to wait for the next message.
  const { parameters: _before, ...known } = focus
  return { ...rest, focus: plan.stages.flat().some((call) => call.tool.endsWith("_edit")) ? known : focus }
}

const readers = [readPhrase, readQuestion, readRelative, readCopy]

/** The sentence as it stands first, then without what surrounds it; what neither settles is asked about as it stands. */
function readOne(sentence: string, context: Context): Plan {
  if (sentence.length > MAX_SENTENCE) return asked(context.interpreter.read(sentence), context)
  return (
    orderIn(sentence, context) ??
    offerCorrection(sentence, context, orderIn) ??
    asked(mostTelling(sentence, context), context)
  )
}

function orderIn(sentence: string, context: Context): Plan | undefined {
  const text = withFields(tidy(sentence), context.focus?.parameters ?? {})
  return (
    understood(sentence, context) ??
    (text === sentence ? undefined : understood(text, context)) ??
    readFragment(sentence, context) ??
    readPieces(sentence, context)
  )
}

function understood(sentence: string, context: Context): Plan | undefined {
  for (const read of readers) {
    const plan = read(sentence, context)
    if (plan) return plan
  }
  const reading = context.interpreter.read(sentence)
  return reading.certain && !isUnasked(reading, sentence, context) ? carried(reading, context) : undefined
}

/** Of the readings that end in a question, the one that leaves least open: with a thing in front, as a change of it. */
function mostTelling(sentence: string, { interpreter, onItem, focus }: Context): Reading {
  const reading = interpreter.read(sentence)
  if (!focus || reading.certain || sentence.includes("?")) return reading
  const others = [wished(sentence), `make it ${wished(sentence)}`].map((words) => onItem.read(words))
  const better = others.find(
    ({ calls, asks, unused, certain }) =>
      !certain && calls.length > 0 && asks.length === 1 && asks.length < reading.asks.length && unused.length === 0,
  )
  return better && (better.asks[0]?.choices.length ?? 0) > 0 ? better : reading
}

const STAYING = /\b(?:keep|leave|stay|stays|still|both|all|each|every)\b/i

/**
 * Something new comes only of a sentence that says so, by a verb of making or by the name of a thing. Words that hold on to what
 * is there, or that speak of more than one thing, are not passed over where something would change.
 */
function isUnasked({ calls }: Reading, sentence: string, { tools }: Context): boolean {
  const tool = tools.find((it) => it.name === calls[0]?.tool)
  if (!tool || tool.effect === "reads") return false
  if (STAYING.test(sentence)) return true
  const { things, strong } = entryOf(tool).words
  return makesNew(tool) && !lex(sentence).some((token) => things.has(token.word) || strong.has(token.word))
}

function carried(reading: Reading, context: Context): Plan {
  const { tools } = context
  const plan = carrying(reading, context)
  const unaimed = plan.stages.flat().find((call) => lacksItem(call, tools))
  if (!unaimed) return plan
  const kind = lacksItem(unaimed, tools) ?? ""
  const finder = tools.find((it) => it.name === "studio_find")
  return asking(
    `${echoOf(reading.calls[0])} Which ${kind}? There is none in this conversation yet.`,
    [
      offer("the one worked on last", unaimed),
      ...(finder ? [offer("show what there is", { tool: finder.name, input: {} })] : []),
    ],
    { unused: reading.ignored },
  )
}

/** Asks that a plain yes settles: the reading is complete, it only leaves something out or destroys something. */
const SETTLED_BY_YES = new Set<string>(["unused", "destroys"])

/** "gold or platinum": the "or" is what the question is about, not a word left over. */
function openAsks({ asks, unused }: Reading): Reading["asks"] {
  const isAbout = asks.some((it) => it.kind === "conflict") && unused.every((it) => /^(?:or|either|and)$/i.test(it))
  return isAbout ? asks.filter((it) => it.kind !== "unused") : asks
}

/** How the sentence was read, what is open, and choices that settle it. */
function asked(reading: Reading, { tools, focus }: Context): Plan {
  const call = reading.calls[0]
  const aim = ({ tool, input }: Call) => aimed({ tool, input }, tools, focus)
  const aimedChoice = (choice: TurnChoice): TurnChoice => {
    const { does } = choice
    if ("call" in does) return { ...choice, does: { call: aim(does.call) } }
    return "yes" in does ? { ...choice, does: { yes: aim(does.yes) } } : choice
  }
  if (reading.certain && call)
    return asking("I am not sure that this is meant. Do it?", [offer("yes, as read", aim(call))], {
      say: echoOf(call),
      unused: reading.ignored,
    })
  const asks = openAsks(reading)
  const [only, ...more] = asks
  const isSettled = more.length > 0 && asks.every((it) => SETTLED_BY_YES.has(it.kind) && it.choices.length > 0)
  const yes: TurnChoice[] =
    call && isSettled
      ? [{ value: "yes", label: "yes, as read", does: { yes: { tool: call.tool, input: call.input } } }]
      : []
  const choices = (only && more.length === 0 ? only.choices : yes).map(aimedChoice)
  const text = [
    ...asks.map((it) => it.question),
    ...(choices.length === 0 && more.length > 0 ? ["Please say it again with that settled."] : []),
  ].join(" ")
  const field = more.length === 0 ? only?.field : undefined
  return {
    ...asking(text, choices, { say: echoOf(call), unused: [...reading.unused, ...reading.ignored] }),
    question: { text, choices, ...(field === undefined ? {} : { field }) },
  }
}
