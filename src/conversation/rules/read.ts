import { entryOf } from "#src/conversation/interpreter/compiled.ts"
import { createInterpreter, MAX_SENTENCE } from "#src/conversation/interpreter/interpret.ts"
import { lex } from "#src/conversation/interpreter/lexer.ts"
import type { Interpreter } from "#src/conversation/interpreter/interpret.ts"
import type { Reading } from "#src/conversation/interpreter/reading.ts"
import type { TurnChoice, TurnQuestion } from "#src/conversation/result.ts"
import { answerTo } from "#src/conversation/rules/answers.ts"
import { clausesOf, isKindness } from "#src/conversation/rules/clauses.ts"
import { readCopy } from "#src/conversation/rules/copies.ts"
import { doubted } from "#src/conversation/rules/doubts.ts"
import { complaintIn } from "#src/conversation/rules/complaints.ts"
import { offerCorrection, shortly } from "#src/conversation/rules/corrections.ts"
import { lacksItem, makesNew, takesItem } from "#src/conversation/rules/focus.ts"
import type { Focus } from "#src/conversation/rules/focus.ts"
import { isAway, readFragment } from "#src/conversation/rules/fragments.ts"
import { readKeeping } from "#src/conversation/rules/keeping.ts"
import { readMove } from "#src/conversation/rules/moves.ts"
import { keepingNumbers, readPartial } from "#src/conversation/rules/partial.ts"
import { editorOf } from "#src/conversation/rules/measures.ts"
import { plain, readPhrase } from "#src/conversation/rules/phrases.ts"
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
export function planFor(said: string, { tools, focus, asked, files = [] }: ReadOptions): Plan {
  const message = withoutGaps(said)
  const context = contextOf(tools, focus)
  const answer = asked && answerTo(asked, message)
  if (answer === "no") return saying("Nothing was done.")
  if (answer) return chosen(answer, context)
  if (!asked && ANSWER.test(plain(message)))
    return saying("Nothing is waiting for an answer. Say what to make or change.")
  const plan = readMessage(message, context)
  return files.length === 0 ? plan : withoutFiles(plan, files, context)
}

/** Long runs of spaces and of the same sign mean nothing, and patterns that look for an end walk through them again and again. */
const withoutGaps = (text: string): string =>
  text
    .replaceAll(/[^\S\n]{2,}/g, " ")
    .replaceAll(/\s*\n\s*/g, "\n")
    .replaceAll(/([^\p{L}\p{N}\s])(?:\s?\1){3,}/gu, "$1$1$1")

/** Answers to a question that nobody has put. */
const ANSWER =
  /^(?:yes|yeah|yep|yup|do it|go ahead|go on|please do|yes please|yes do it|no|nope|nah|no thanks|never mind|nevermind|nvm|forget it)$/

/** Nothing is done as if the files had been looked at: the person says whether to go on without them. */
function withoutFiles(plan: Plan, files: readonly string[], context: Context): Plan {
  const unused = [...plan.unused, ...files.map((name) => `file ${name}`)]
  const { question, stages } = plan
  if (question) return { ...plan, unused, question: { ...question, text: `${NO_FILES} ${question.text}` } }
  const [call, ...more] = stages.flat()
  if (!call) return { ...plan, unused }
  if (more.length > 0) return asking(`${NO_FILES} Say it again without.`, [], { unused })
  const yes: TurnChoice = { value: "yes", label: `yes: ${shortly(call, context)}`, does: { yes: call } }
  return asking(`${NO_FILES} Go on without?`, [yes], { unused })
}

const NO_FILES = "Command mode opens no files."

function contextOf(tools: readonly Tool[], focus: Focus | undefined): Context {
  const onItem = focus ? tools.filter((tool) => takesItem(tool, focus.kind)) : []
  return { tools, interpreter: rememberer(tools, focus), onItem: rememberer(onItem, focus), focus }
}

/** The readers below look at the same sentence from several sides; reading it once is enough. */
function rememberer(tools: readonly Tool[], focus: Focus | undefined): Interpreter {
  const interpreter = createInterpreter(tools)
  const known = new Map<string, Reading>()
  return {
    read: (sentence) => {
      const fresh = () => {
        const read = interpreter.read(sentence)
        return focus ? keepingNumbers(read, focus, tools) : read
      }
      const reading = known.get(sentence) ?? fresh()
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
  const edits = plan.stages.flat().filter((call) => call.tool.endsWith("_edit"))
  if (edits.length === 0) return context
  // What follows from a change is not known before it has run, so relative words can only start from what was just set.
  const { parameters: _before, ...known } = focus
  const fields = edits.map((call) => editorOf(context.tools, focus)?.fieldsOf(call))
  const parameters = Object.assign({}, ...fields) as Record<string, string | number> // what the schema takes for values
  const now = fields.includes(undefined) ? known : { ...known, parameters }
  return { ...contextOf(context.tools, now), ...rest, focus: now }
}

const readers = [readPhrase, readQuestion, readRelative, readCopy]

/** The sentence as it stands first, then without what surrounds it; what neither settles is asked about as it stands. */
function readOne(sentence: string, context: Context): Plan {
  if (sentence.length > MAX_SENTENCE) return doubted(context.interpreter.read(sentence), context)
  return (
    orderIn(sentence, context) ??
    offerCorrection(sentence, context, orderIn) ??
    doubted(mostTelling(sentence, context), context)
  )
}

function orderIn(sentence: string, context: Context): Plan | undefined {
  const tidied = withFields(tidy(sentence), context.focus?.parameters ?? {})
  const wish = withFields(wished(sentence), context.focus?.parameters ?? {})
  const complaint = context.focus && complaintIn(tidied)
  if (complaint && !complaint.isOrdered) return offerRemedy(tidied, complaint.order, context)
  const remedy = complaint?.order
  const texts = [...new Set([sentence, tidied, wish, ...(remedy === undefined ? [] : [remedy, wished(remedy)])])]
  return (
    firstOf(texts, (text) => understood(text, context)) ??
    readFragment(sentence, context) ??
    (remedy === undefined ? undefined : readFragment(remedy, context)) ??
    readPartial(wish, context) ??
    readKeeping(wish, context, orderIn) ??
    readMove(wish, context, orderIn) ??
    readPieces(sentence, context)
  )
}

/** "The band is too wide" orders nothing yet; what would help is offered. */
function offerRemedy(complaint: string, order: string, context: Context): Plan | undefined {
  const plan = readRelative(order, context)
  const [call, ...more] = plan?.stages.flat() ?? []
  if (!plan || (call && more.length > 0)) return undefined
  return call ? asking(`"${complaint}": change it?`, [offer(plan.notes.join("; "), call)]) : plan
}

/** The first that does something or answers; else the first that asks. */
function firstOf(texts: readonly string[], read: (text: string) => Plan | undefined): Plan | undefined {
  let asking: Plan | undefined
  for (const text of texts) {
    const found = read(text)
    if (found && !found.question) return found
    asking ??= found
  }
  return asking
}

function understood(sentence: string, context: Context): Plan | undefined {
  for (const read of readers) {
    const plan = read(sentence, context)
    if (plan) return plan
  }
  const reading = context.interpreter.read(sentence)
  return reading.certain && !isUnasked(reading, sentence, context) ? carried(reading, context) : undefined
}

/**
 * Of the readings that end in a question, the one that leaves least open: with a thing in front, as a change of it. A sentence
 * that speaks of "it" is about that thing, whatever else there is to change.
 */
function mostTelling(sentence: string, { interpreter, onItem, focus }: Context): Reading {
  const reading = interpreter.read(sentence)
  if (!focus || sentence.includes("?")) return reading
  const isAboutIt = /\b(?:it|this|that)\b/i.test(sentence)
  const others = [sentence, wished(sentence), `make it ${wished(sentence)}`].map((words) => onItem.read(words))
  // "Why" is no change of which only the what is missing, unless it is said of "it".
  const open = [reading, ...others.filter((it, at) => isSpelling(it) || saysSomething(it) || (isAboutIt && at === 0))]
  const doubt = (it: Reading) =>
    2 * it.asks.length + it.unused.length + (isAboutIt && it === reading ? 2 : 0) - (isSpelling(it) ? 1 : 0)
  return open.filter((it) => !it.certain).toSorted((a, b) => doubt(a) - doubt(b))[0] ?? reading
}

const ABOUT_VALUES = new Set<string>(["ambiguous", "conflict", "range"])
const saysSomething = ({ calls, asks }: Reading): boolean =>
  calls.some(({ spans }) => spans.length > 0) || asks.some((it) => ABOUT_VALUES.has(it.kind))

const isSpelling = ({ asks }: Reading): boolean => asks.length === 1 && asks[0]?.kind === "spelling"

const NAMING = /^\W*(?:please )?(?:re)?(?:name|call|title) (?:it|this|that|the|my)\b/i
const STAYING = /\b(?:keep|leave|stay|stays|still|both|all|each|every)\b/i

/**
 * Something new comes only of a sentence that says so, by a verb of making or by the name of a thing. Words that hold on to what
 * is there, or that speak of more than one thing, are not passed over where something would change.
 */
function isUnasked({ calls }: Reading, sentence: string, { tools, focus }: Context): boolean {
  const tool = tools.find((it) => it.name === calls[0]?.tool)
  // "Name this one Anna" looks for nothing of that name.
  if (tool?.effect === "reads" && NAMING.test(sentence)) return true
  if (!tool || tool.effect === "reads") return false
  // "Change it" says that something is to be different, and not what; "change from platinum" what it is not to be.
  if (Object.keys(calls[0]?.input ?? {}).length === 0 || (focus && isAway(sentence))) return true
  if (STAYING.test(sentence)) return true
  if (!makesNew(tool)) return false
  const { things, strong } = entryOf(tool).words
  const tokens = lex(sentence)
  if (tokens.some((token) => strong.has(token.word))) return false
  // "Platinum ring", "ring.stl": with one in front that may be the one.
  const thing = tokens.findIndex((token) => things.has(token.word))
  return thing < 0 || (focus !== undefined && !tokens.slice(0, thing).some((token) => NEW.has(token.word)))
}

const NEW = new Set(["a", "an", "one", "another", "new"])

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
