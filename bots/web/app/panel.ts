import type { CallAnswer, Field, ItemFields } from "../api/types.ts"
import { announce } from "./announce.ts"
import { control, type Control, type Value } from "./field.ts"
import { byId, fill } from "./h.ts"
import { call, inWords } from "./request.ts"
import type { Known, Store } from "./store.ts"

/** Typing goes on for a moment before it becomes a revision. */
const PAUSE_MS = 700

/** The parameters of what is on the stage. Each change is a revision, made by the same call as in the conversation. */
export function startPanel(store: Store): void {
  const list = byId("fields")
  const status = byId("panel-status")
  let controls = new Map<string, Control>()
  let drawn = ""
  /** Changes that are not sent yet, and of which item. */
  let pending = new Map<string, Value>()
  let itemId = ""
  let busy = false
  let timer: number | undefined

  function schedule(name: string, value: Value, now: boolean): void {
    pending.set(name, value)
    clearTimeout(timer)
    if (now) void flush()
    else timer = window.setTimeout(() => void flush(), PAUSE_MS)
  }

  /** One call at a time: what is changed meanwhile goes together in the next. */
  async function flush(): Promise<void> {
    const { fields } = store.get()
    if (busy || pending.size === 0 || !fields?.edit) return
    busy = true
    const changes = pending
    const mine = controls
    pending = new Map()
    status.textContent = "Saving …"
    try {
      await apply(fields.edit, Object.fromEntries(changes), mine)
      for (const name of changes.keys()) mine.get(name)?.fault("")
    } catch (error) {
      const { code, problem, hint } = inWords(error)
      status.textContent = code === "unreachable" ? `${problem} The change is not saved.` : ""
      const last = [...changes.keys()].at(-1)
      if (last !== undefined) mine.get(last)?.fault(`${problem} ${hint}`)
      announce(`${problem} ${hint}`)
    } finally {
      busy = false
    }
    await flush()
  }

  async function apply(
    edit: NonNullable<ItemFields["edit"]>,
    values: Record<string, Value>,
    mine: typeof controls,
  ): Promise<void> {
    const input = { ...edit.input, operations: [{ op: "set", ...values }] }
    const answer: CallAnswer = await call({ tool: edit.tool, input })
    if (answer.kind === "reply") {
      status.textContent =
        typeof answer.data["revision"] === "number" ? `Saved as revision ${answer.data["revision"]}.` : "Saved."
      return
    }
    status.textContent = ""
    const asked = answer.field.split(".").at(-1) ?? ""
    const place = mine.get(Object.keys(values).at(-1) ?? "") ?? mine.get(asked)
    announce(answer.text)
    place?.ask(answer.text, answer.choices, (value) => {
      for (const [name, wanted] of Object.entries({ ...values, [asked]: value })) pending.set(name, wanted)
      void flush()
    })
  }

  function draw({ detail, fields, shown }: Known): void {
    if ((!detail || !fields) && shown) {
      // Another piece is on its way to the stage: until then this one can be looked at, but not changed.
      for (const it of controls.values()) it.disable(true)
      return
    }
    const wanted = fields?.fields ?? []
    const shape = `${detail?.item.id} ${JSON.stringify(wanted)}`
    if (detail?.item.id !== itemId) {
      pending.clear()
      status.textContent = ""
      itemId = detail?.item.id ?? ""
    }
    if (shape !== drawn) {
      drawn = shape
      controls = new Map(
        wanted.map((field: Field) => [field.name, control(field, (value, now) => schedule(field.name, value, now))]),
      )
      fill(list, ...[...controls.values()].map((it) => it.element))
    }
    const old = shown?.revision !== undefined && shown.revision !== detail?.item.head
    for (const [name, it] of controls) {
      if (!pending.has(name)) it.show(detail?.parameters[name])
      it.disable(old || !fields?.edit)
    }
    byId("no-fields").hidden = controls.size > 0
    byId("old-revision").hidden = !old
  }

  store.watch(["detail", "fields", "shown"], draw)
}
