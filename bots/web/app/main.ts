import type { Accepted, StudioEvent, StudioState, Thread, Transcript, WebThreadEvent } from "../api/types.ts"
import { announce } from "./announce.ts"
import { createChat } from "./chat.ts"
import { createComposer } from "./composer.ts"
import { createFollower } from "./follow.ts"
import { byId, fill, h } from "./h.ts"
import { startHistory } from "./history.ts"
import { liveJob, startJobs, withJob } from "./jobs.ts"
import { keep, recall } from "./kept.ts"
import { startLink } from "./link.ts"
import { startOutliner, withItem } from "./outliner.ts"
import { startPanel } from "./panel.ts"
import { startQuota } from "./quota.ts"
import { inWords, Problem, read, send } from "./request.ts"
import { startSettings } from "./settings.ts"
import { startSignIn } from "./sign-in.ts"
import { createStage } from "./stage.ts"
import { createStore } from "./store.ts"
import { createStream } from "./stream.ts"
import { startTabs, startViews } from "./tabs.ts"
import { startTheme } from "./theme.ts"
import { startThreads } from "./threads.ts"

const store = createStore()
const follower = createFollower(store)
const chat = createChat({ press, job: (...about) => liveJob(store, ...about) }, chatChanged)
const composer = createComposer(store, { send: say, stop })
const stream = createStream({
  event: receive,
  connection: (connection) => store.set({ connection }),
  broken: () => void checkSession(),
})
const signIn = startSignIn(() => void begin())
const stage = createStage(store)
const views = startViews((view) => view === "stage" && stage.revealed())
/** Events that came while the transcript was on its way; undefined when it is here. */
let held: WebThreadEvent[] | undefined
let reading = 0

startTheme()
startTabs()
startLink(store, stream.retryNow)
startPanel(store)
startHistory(store, follower)
startOutliner(store, follower)
startJobs(store)
startQuota(store)
startThreads(store, openThread)
startSettings(store, () => {
  stream.close()
  signIn.show(true)
})
matchMedia("(min-width: 721px)").addEventListener("change", () => stage.revealed())
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chat.running && !document.querySelector("dialog[open]")) stop()
})
void begin()

/** Reads the state; with a session the studio opens, without one the page that explains how to get one. */
async function begin(): Promise<void> {
  try {
    const studio = await read<StudioState>("api/state")
    signIn.show(false)
    learn(studio)
    const remembered = studio.threads.find((it) => it.id === recall("thread")) ?? studio.threads[0]
    openThread(recall("thread") === "new" ? undefined : remembered?.id)
  } catch (error) {
    const { code } = inWords(error)
    if (code === "unauthorized") {
      signIn.show(true)
      return
    }
    signIn.show(false)
    const last = recall("thread")
    openThread(last === "new" ? undefined : last)
  }
}

function learn(studio: StudioState): void {
  const { threads, items, jobs, quota } = studio
  store.set({ studio, threads, items, jobs, quota })
  drawExamples(studio)
}

function openThread(threadId: string | undefined): void {
  store.set({ threadId })
  keep("thread", threadId ?? "new")
  held = []
  chat.load(undefined)
  composer.opened(threadId)
  stream.open(threadId)
  if (matchMedia("(min-width: 721px)").matches) composer.focus()
}

/** Everything again, after the stream stands: nothing falls between. */
async function readAll(): Promise<void> {
  const { threadId } = store.get()
  const mine = ++reading
  held ??= []
  try {
    const [studio, transcript] = await Promise.all([
      read<StudioState>("api/state"),
      threadId === undefined ? undefined : read<Transcript>(`api/threads/${encodeURIComponent(threadId)}`),
    ])
    if (mine !== reading || threadId !== store.get().threadId) return
    learn(studio)
    chat.load(transcript)
    const late = held
    held = undefined
    for (const event of late) receive(event)
    const { shown } = store.get()
    if (shown) follower.reload()
    else if (studio.items[0]) follower.show(studio.items[0].id)
  } catch (error) {
    if (mine !== reading) return
    held = undefined
    const { code, problem, hint } = inWords(error)
    if (code === "unauthorized") void checkSession()
    else if (code === "not_found" && threadId !== undefined) openThread(undefined)
    else if (code !== "unreachable") announce(`${problem} ${hint}`)
  }
}

function receive(event: StudioEvent): void {
  const { jobs, items, threadId } = store.get()
  switch (event.kind) {
    case "hello":
      if (!event.resumed || held) void readAll()
      return
    case "reset":
      void readAll()
      return
    case "item":
      store.set({ items: withItem(items, event.item) })
      // What this conversation is just making is looked at while it is being built.
      if (chat.running && !items.some((it) => it.id === event.item.id)) follower.show(event.item.id)
      else follower.receive(event)
      if (store.get().shown?.itemId === event.item.id) views.news("stage")
      return
    case "item-removed":
      store.set({ items: items.filter((it) => it.id !== event.itemId) })
      follower.receive(event)
      return
    case "job":
      store.set({ jobs: withJob(jobs, event.job) })
      follower.receive(event)
      return
    case "quota":
      store.set({ quota: event.quota })
      return
    case "threads":
      store.set({ threads: event.threads })
      return
    case "problem":
      if (event.threadId === threadId) complain(`${event.error.problem} ${event.error.hint}`)
      return
    case "bye":
      return
    default:
      if (event.threadId !== threadId) return
      if (held) held.push(event)
      else {
        chat.receive(event)
        follower.receive(event)
      }
  }
}

async function say(text: string, files: string[], messageId: string): Promise<void> {
  const threadId = store.get().threadId ?? (await newThread())
  const sent = chat.sending(text || "(files)")
  try {
    const { number } = await send<Accepted>(`api/threads/${encodeURIComponent(threadId)}/messages`, {
      text,
      messageId,
      ...(files.length > 0 ? { files } : {}),
    })
    sent.accepted(number)
  } catch (error) {
    sent.failed()
    if (error instanceof Problem && error.code === "unauthorized") void checkSession()
    throw error
  }
}

/** A conversation is made with its first message, so that empty ones do not pile up. */
async function newThread(): Promise<string> {
  const { id } = await send<Thread>("api/threads", {})
  store.set({ threadId: id })
  keep("thread", id)
  composer.opened(id)
  stream.open(id)
  return id
}

async function press(button: string): Promise<void> {
  const { threadId } = store.get()
  if (threadId !== undefined) await send<Accepted>(`api/threads/${encodeURIComponent(threadId)}/press`, { button })
}

function stop(): void {
  const { threadId } = store.get()
  if (threadId === undefined) return
  send(`api/threads/${encodeURIComponent(threadId)}/stop`, {}).catch((error: unknown) =>
    complain(inWords(error).problem),
  )
}

function chatChanged(): void {
  composer.setRunning(chat.running)
  byId("welcome").hidden = byId("log").childElementCount > 0
}

function complain(text: string): void {
  const problem = byId("send-problem")
  problem.textContent = text
  problem.hidden = false
}

async function checkSession(): Promise<void> {
  const { threadId } = store.get()
  try {
    await read(threadId === undefined ? "api/sessions" : `api/threads/${encodeURIComponent(threadId)}?limit=1`)
  } catch (error) {
    const { code } = inWords(error)
    if (code === "not_found") openThread(undefined)
    if (code !== "unauthorized") return
    stream.close()
    store.set({ connection: { state: "signed-out" } })
    signIn.show(true)
  }
}

function drawExamples({ examples }: StudioState): void {
  const buttons = examples.slice(0, 4).map((text) => {
    const button = h("button", { type: "button" }, text)
    button.addEventListener("click", () => {
      button.disabled = true
      say(text, [], crypto.randomUUID())
        .catch((error: unknown) => complain(inWords(error).problem))
        .finally(() => (button.disabled = false))
    })
    return h("li", {}, button)
  })
  fill(byId("examples"), ...buttons)
}
