import { randomUUID } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type {
  CallAnswer,
  ItemCard,
  ItemDetail,
  ItemFields,
  JobCard,
  RevisionLine,
  StudioEvent,
  StudioState,
  Thread,
  WebBlock,
  WebFile,
  WebMessage,
} from "#bots/web/api/types.ts"
import { createPages } from "#bots/web/pages.ts"
import { memoryArtifacts } from "#tests/bots/web/gallery.ts"

type Parameters = Record<string, string | number | boolean>

interface Revision extends RevisionLine {
  parameters: Parameters
}

interface Design {
  card: ItemCard
  revisions: Revision[]
}

/** The state, the events and the refusals of the studio's web API for one person, with turns that a test writes itself. */
export interface FakeStudio {
  origin: string
  /** What a message is answered with; set by a test. */
  answer: (text: string, turn: Turn) => Promise<void> | void
  designs: Map<string, Design>
  jobs: JobCard[]
  /** Every call that came, newest last. */
  calls: { tool: string; input: Record<string, unknown> }[]
  presses: string[]
  stops: number
  uploads: { name: string; bytes: number }[]
  signedIn: boolean
  /** While true, every request is cut off. */
  down: boolean
  emit(event: StudioEvent): void
  addDesign(name: string, parameters: Parameters, revisions?: string[]): string
  edit(id: string, changes: Parameters, note?: string): RevisionLine
  /** Ends all event streams, as a cut connection does. */
  cut(): void
  model(revision: number): Uint8Array
  close(): Promise<void>
}

/** A turn as the conversation core would tell it. */
export interface Turn {
  threadId: string
  started(): void
  say(text: string): void
  tool(title: string, ok?: boolean): void
  ended(doc: WebBlock[], outcome?: "done" | "asked" | "failed" | "stopped"): void
  stopped: Promise<void>
}

export interface FakeOptions {
  model?: (revision: number) => Uint8Array
  picture?: (revision: number) => Uint8Array
}

const FIELDS: ItemFields["fields"] = [
  { name: "size", title: "Size", description: "Ring size.", kind: "text", maxLength: 20 },
  {
    name: "metal",
    title: "Metal",
    description: "Metal of the ring.",
    kind: "enum",
    choices: [
      { value: "14k_rose_gold", label: "14k rose gold" },
      { value: "18k_yellow_gold", label: "18k yellow gold" },
      { value: "platinum_950", label: "Platinum 950" },
    ],
  },
  {
    name: "stone",
    title: "Stone",
    description: "Species of the stone.",
    kind: "enum",
    choices: ["diamond", "ruby", "sapphire"].map((value) => ({ value, label: value })),
  },
  {
    name: "prongs",
    title: "Prongs",
    description: "4 or 6.",
    kind: "enum",
    choices: [4, 6].map((value) => ({ value, label: String(value) })),
  },
  {
    name: "band_width_mm",
    title: "Band width",
    description: "Along the finger.",
    unit: "mm",
    kind: "number",
    min: 1,
    max: 15,
    integer: false,
  },
  {
    name: "band_thickness_mm",
    title: "Band thickness",
    description: "From finger to outside.",
    unit: "mm",
    kind: "number",
    min: 0.3,
    max: 6,
    integer: false,
  },
]

export async function startFakeStudio(options: FakeOptions = {}): Promise<FakeStudio> {
  const store = memoryArtifacts(() => "http://127.0.0.1")
  const pages = await createPages({ artifacts: store.artifacts })
  const streams = new Set<{ response: ServerResponse; thread: string | null }>()
  const threads = new Map<string, { thread: Thread; messages: WebMessage[]; log: StudioEvent[]; stop: () => void }>()
  const tokens = { seq: 0 }
  const project = { id: "p1", accountId: "me", name: "First project", createdAt: Date.now() }
  const quota: StudioState["quota"] = [
    { unit: "jobs", window: "day", limit: 500, used: 38, held: 1, source: "default", resetsAt: Date.now() + 3.6e6 * 5 },
  ]
  const session = {
    id: "s1",
    current: true,
    by: "link" as const,
    createdAt: Date.now(),
    lastUsedAt: Date.now(),
    expiresAt: Date.now() + 9e8,
  }

  const studio: FakeStudio = {
    origin: "",
    answer: (_text, turn) => {
      turn.started()
      turn.ended([{ kind: "text", text: "Done." }])
    },
    designs: new Map(),
    jobs: [],
    calls: [],
    presses: [],
    stops: 0,
    uploads: [],
    signedIn: true,
    down: false,
    emit: (event) => {
      const seq = ++tokens.seq
      const thread = "threadId" in event && event.kind !== "problem" ? event.threadId : undefined
      if (thread !== undefined) threads.get(thread)?.log.push(event)
      for (const stream of streams)
        if (thread === undefined || stream.thread === thread) write(stream.response, event, seq)
    },
    addDesign: (name, parameters, notes = ["created"]) => {
      const id = randomUUID().slice(0, 8)
      const now = Date.now()
      const card: ItemCard = {
        id,
        projectId: project.id,
        kind: "design",
        name,
        head: 1,
        createdAt: now,
        updatedAt: now,
      }
      studio.designs.set(id, {
        card,
        revisions: [{ number: 1, parent: null, note: notes[0] ?? "created", createdAt: now, parameters }],
      })
      for (const note of notes.slice(1)) studio.edit(id, {}, note)
      studio.emit({
        kind: "item",
        change: "created",
        item: studio.designs.get(id)?.card ?? card,
        revision: lineOf(studio.designs.get(id)),
      })
      return id
    },
    edit: (id, changes, note = `set ${Object.keys(changes).join(", ")}`) => {
      const design = mustDesign(id)
      const before = design.revisions.find((it) => it.number === design.card.head)
      const number = design.revisions.length + 1
      design.revisions.push({
        number,
        parent: design.card.head,
        note,
        createdAt: Date.now(),
        parameters: { ...before?.parameters, ...changes },
      })
      return move(design, number, "revised")
    },
    cut: () => {
      for (const { response } of streams) response.destroy()
      streams.clear()
    },
    model: options.model ?? (() => new Uint8Array()),
    close: async () => {
      studio.cut()
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }

  function mustDesign(id: string): Design {
    const design = studio.designs.get(id)
    if (!design) throw new Refusal(404, "not_found", "There is no such item.", "It may have been deleted.")
    return design
  }

  function lineOf(design: Design | undefined): RevisionLine {
    const found = design?.revisions.find((it) => it.number === design.card.head)
    if (!found) throw new Error("a design has revisions")
    const { parameters: _parameters, ...line } = found
    return line
  }

  function move(design: Design, head: number, change: "revised" | "moved"): RevisionLine {
    design.card = { ...design.card, head, updatedAt: Date.now() }
    studio.emit({ kind: "item", change, item: design.card, revision: lineOf(design) })
    return lineOf(design)
  }

  function file(id: string, name: string, mediaType: string, use: WebFile["use"], bytes: number): WebFile {
    const url = `/files/${id}/${encodeURIComponent(name)}`
    const facts: Record<string, string> =
      use === "model"
        ? {
            Title: "A ring",
            Metal: "14k rose gold, 3.1 g",
            Stone: "diamond, 1.00 ct, 6.43 mm",
            "Ring size": "US 7 (17.35 mm)",
            Castable: "yes",
            Triangles: "14,392",
          }
        : {}
    return {
      id,
      name,
      mediaType,
      bytes,
      sha256: id,
      use,
      url,
      downloadUrl: `${url}?download=1`,
      pageUrl: `/view/${id}`,
      facts,
    }
  }

  function detail(id: string, wanted: string | null): ItemDetail {
    const design = mustDesign(id)
    const number = wanted === null ? design.card.head : Number(wanted)
    const found = design.revisions.find((it) => it.number === number)
    if (!found) throw new Refusal(404, "not_found", "No such revision.", "Choose one of its history.")
    const { parameters, ...revision } = found
    const building = studio.jobs.some(
      (it) => it.group === `g-${id}-${number}` && (it.state === "running" || it.state === "waiting"),
    )
    const model =
      options.model && !building
        ? file(`m-${id}-${number}`, "ring.glb", "model/gltf-binary", "model", 303_664)
        : undefined
    const picture =
      options.picture && !building ? file(`p-${id}-${number}`, "ring.png", "image/png", "preview", 92_000) : undefined
    const stl = model && file(`f-${id}-${number}`, "ring.stl", "model/stl", "file", 1_250_000)
    return {
      item: design.card,
      revision,
      history: [...design.revisions].reverse().map(({ parameters: _parameters, ...line }) => line),
      canUndo: lineOf(design).parent !== null,
      canRedo: design.revisions.some((it) => it.parent === design.card.head),
      description: "14k rose gold solitaire, US 7, 1.00 ct round diamond",
      parameters,
      group: `g-${id}-${number}`,
      files: [stl, model, picture].filter((it) => it !== undefined),
      ...(model ? { model } : {}),
      ...(picture ? { picture } : {}),
    }
  }

  function fieldsOf(id: string): ItemFields {
    const input = { design: id, wait_s: 0 }
    return {
      fields: FIELDS,
      edit: { tool: "design_edit", input },
      undo: { tool: "design_edit", input: { ...input, operations: [{ op: "undo" }] } },
      redo: { tool: "design_edit", input: { ...input, operations: [{ op: "redo" }] } },
      show: { tool: "design_show", input },
    }
  }

  function call(tool: string, input: Record<string, unknown>): CallAnswer {
    studio.calls.push({ tool, input })
    const reply = (data: Record<string, unknown>): CallAnswer => ({
      kind: "reply",
      say: "Done.",
      data,
      files: [],
      next: [],
    })
    if (tool === "job_cancel") {
      const job = studio.jobs.find((it) => it.id === input["job_id"])
      if (!job) throw new Refusal(404, "not_found", "There is no such job.", "")
      Object.assign(job, { state: "cancelled", endedAt: Date.now() })
      studio.emit({ kind: "job", job: { ...job } })
      return reply({})
    }
    if (tool !== "design_edit") return reply({})
    const design = mustDesign(String(input["design"]))
    const [{ op, ...values }] = input["operations"] as [{ op: string } & Parameters] // as the page makes it
    if (op === "undo" || op === "redo") {
      const head = design.revisions.find((it) => it.number === design.card.head)
      const to =
        op === "undo" ? head?.parent : design.revisions.findLast((it) => it.parent === design.card.head)?.number
      if (!to) throw new Refusal(409, "conflict", `There is nothing to ${op}.`, "")
      return reply({ revision: move(design, to, "moved").number })
    }
    if (Number(values["band_thickness_mm"] ?? 2) < 0.8)
      throw new Refusal(
        400,
        "bad_input",
        `A band of ${values["band_thickness_mm"]} mm breaks when it is cast.`,
        "Use at least 0.8 mm.",
      )
    if ("size" in values && !("size_system" in values))
      return {
        kind: "question",
        text: `Which system is size ${values["size"]}?`,
        field: "operations.0.size_system",
        choices: [
          { value: "us", label: "US" },
          { value: "uk", label: "UK" },
        ],
      }
    return reply({ revision: studio.edit(design.card.id, values).number })
  }

  function thread(id: string) {
    const found = threads.get(id)
    if (!found) throw new Refusal(404, "not_found", "There is no such conversation.", "")
    return found
  }

  function post(threadId: string, role: "user" | "assistant", doc: WebBlock[]): WebMessage {
    const { messages } = thread(threadId)
    const message: WebMessage = {
      threadId,
      number: messages.length + 1,
      role,
      authorId: role === "user" ? "me" : null,
      doc,
      createdAt: Date.now(),
    }
    messages.push(message)
    return message
  }

  function turn(threadId: string): Turn {
    const turnId = randomUUID()
    const stopped = Promise.withResolvers<void>()
    thread(threadId).stop = () => stopped.resolve()
    const emit = (event: object) => studio.emit({ seq: tokens.seq + 1, threadId, turnId, ...event } as StudioEvent) // the callers below complete it
    return {
      threadId,
      stopped: stopped.promise,
      started: () => emit({ kind: "turn-started" }),
      say: (text) => emit({ kind: "delta", text }),
      tool: (title, ok) => {
        if (ok === undefined) emit({ kind: "tool-started", callId: title, tool: "design_create", title })
        else emit({ kind: "tool-ended", callId: title, ok })
      },
      ended: (doc, outcome = "done") => {
        const message = post(threadId, "assistant", doc)
        emit({
          kind: "turn-ended",
          message,
          provenance: { by: "command mode", cached: false, cost: null, tokens: null },
          outcome,
        })
      },
    }
  }

  function state(): StudioState {
    return {
      version: "0.1.0",
      account: { id: "me", name: "Owner", role: "admin" },
      session,
      limits: { maxFileBytes: 5_000_000, maxMessageCharacters: 20_000, maxMessageFiles: 10, messagesPerMinute: 60 },
      families: ["design", "export", "media", "studio"],
      answering: { kind: "command" },
      project,
      projects: [project],
      threads: [...threads.values()].map((it) => it.thread),
      items: [...studio.designs.values()].map((it) => it.card).sort((a, b) => b.updatedAt - a.updatedAt),
      jobs: studio.jobs,
      quota,
      examples: [
        "a 14k rose gold solitaire, US size 7, with a 1 carat round diamond, and the STL please",
        "make the band 2.5 mm wide and the metal platinum",
        "change the stone to a 1.5 carat ruby",
      ],
      mcpUrl: `${studio.origin}/mcp`,
    }
  }

  async function api(request: IncomingMessage, url: URL, body: Buffer): Promise<unknown> {
    const [, , kind = "", id = "", verb] = url.pathname.split("/").map(decodeURIComponent)
    const route = `${request.method} ${kind}${id ? "/:id" : ""}${verb ? `/${verb}` : ""}`
    if (request.method === "POST" && request.headers["x-atelier"] !== "1")
      throw new Refusal(403, "forbidden", "This request came from elsewhere.", "")
    const json = () => JSON.parse(body.toString() || "{}") as Record<string, never> // written by the page under test
    if (route === "POST session") {
      if (json()["key"] !== "good-key")
        throw new Refusal(401, "unauthorized", "This key opens nothing.", "Check it, or ask for a new one.")
      studio.signedIn = true
      return session
    }
    if (!studio.signedIn)
      throw new Refusal(401, "unauthorized", "You are not signed in.", "Open the link that the studio printed.")
    switch (route) {
      case "POST session/:id":
        studio.signedIn = false
        return {}
      case "GET state":
        return state()
      case "GET sessions":
        return [session]
      case "GET threads":
        return state().threads
      case "POST threads": {
        const made: Thread = {
          id: randomUUID(),
          accountId: "me",
          projectId: project.id,
          title: "",
          createdAt: Date.now(),
          updatedAt: Date.now(),
        }
        threads.set(made.id, { thread: made, messages: [], log: [], stop: () => undefined })
        return made
      }
      case "GET threads/:id":
        return { thread: thread(id).thread, messages: thread(id).messages }
      case "POST threads/:id/messages": {
        const text = String(json()["text"])
        const message = post(id, "user", [{ kind: "text", text }])
        thread(id).thread.title ||= text.slice(0, 60)
        studio.emit({ seq: 0, threadId: id, kind: "message", message })
        studio.emit({ kind: "threads", threads: state().threads })
        void studio.answer(text, turn(id))
        return { number: message.number }
      }
      case "POST threads/:id/press": {
        const button = String(json()["button"])
        if (button === "used")
          throw new Refusal(409, "conflict", "This button was pressed already.", "Ask again if you want it twice.")
        studio.presses.push(button)
        void studio.answer(`[${button}]`, turn(id))
        return { number: null }
      }
      case "POST threads/:id/stop":
        studio.stops++
        thread(id).stop()
        return {}
      case "GET items/:id":
        return detail(id, url.searchParams.get("revision"))
      case "GET items/:id/fields":
        return (mustDesign(id), fieldsOf(id))
      case "POST call":
        return call(String(json()["tool"]), json()["input"] ?? {})
      case "POST files": {
        const name = url.searchParams.get("name") ?? ""
        studio.uploads.push({ name, bytes: body.byteLength })
        return file(`u${studio.uploads.length}`, name, "application/octet-stream", "file", body.byteLength)
      }
      case "POST privacy/:id":
        threads.clear()
        return { threads: 1, kept: "Designs are kept." }
      default:
        throw new Refusal(404, "not_found", `No ${route}.`, "")
    }
  }

  function openStream(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const thread = url.searchParams.get("thread")
    response.writeHead(200, { "content-type": "text/event-stream" })
    const stream = { response, thread }
    streams.add(stream)
    request.on("close", () => streams.delete(stream))
    write(response, { kind: "hello", resumed: false }, tokens.seq)
    for (const event of threads.get(thread ?? "")?.log ?? []) write(response, event, tokens.seq)
  }

  const server = createServer((request, response) => {
    void (async () => {
      if (studio.down) return request.destroy()
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer) // node gives buffers here
      const url = new URL(request.url ?? "/", "http://127.0.0.1")
      if (url.pathname === "/api/events" && studio.signedIn) return openStream(request, response, url)
      if (url.pathname.startsWith("/api/")) {
        try {
          const made = await api(request, url, Buffer.concat(chunks))
          response.writeHead(request.method === "POST" && url.pathname === "/api/files" ? 201 : 200, {
            "content-type": "application/json",
          })
          return response.end(JSON.stringify(made))
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
          response.writeHead(error.status, { "content-type": "application/json" })
          return response.end(JSON.stringify({ error: { code: error.code, problem: error.message, hint: error.hint } }))
        }
      }
      if (url.pathname.startsWith("/files/")) {
        const [, , id = ""] = url.pathname.split("/")
        const number = Number(id.split("-").at(-1))
        const bytes = id.startsWith("m-")
          ? studio.model(number)
          : id.startsWith("p-")
            ? options.picture?.(number)
            : undefined
        response.writeHead(bytes ? 200 : 404, {
          "content-type": id.startsWith("p-") ? "image/png" : "model/gltf-binary",
        })
        return response.end(bytes && Buffer.from(bytes))
      }
      const page =
        pages(new Request(`${studio.origin}${request.url}`, { method: request.method ?? "GET" })) ??
        new Response(null, { status: 204 })
      response.writeHead(page.status, Object.fromEntries(page.headers))
      return response.end(Buffer.from(await page.arrayBuffer()))
    })()
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  studio.origin = `http://127.0.0.1:${address.port}`
  return studio
}

class Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly hint: string
  constructor(status: number, code: string, problem: string, hint: string) {
    super(problem)
    this.status = status
    this.code = code
    this.hint = hint
  }
}

function write(response: ServerResponse, event: StudioEvent, seq: number): void {
  response.write(`id: ${seq}\ndata: ${JSON.stringify(event)}\n\n`)
}
