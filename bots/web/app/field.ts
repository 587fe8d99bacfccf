import type { Field } from "../api/types.ts"
import { h, setAttribute } from "./h.ts"

export type Value = string | number | boolean

export interface Control {
  element: HTMLElement
  /** Shows what the studio says, unless somebody is just typing here. */
  show(value: Value | undefined): void
  /** What is wrong, next to the field; empty takes it away. */
  fault(text: string): void
  /** A question about this field, answered by one of these. */
  ask(text: string, choices: { value: string; label: string }[], answer: (value: string) => void): void
  disable(on: boolean): void
}

/**
 * One control of the panel. `changed` is called while somebody types (`now` false) and when they are done with it
 * (`now` true), with values that fit the field only.
 */
export function control(field: Field, changed: (value: Value, now: boolean) => void): Control {
  const id = `field-${field.name}`
  const input = inputOf(field)
  input.id = id
  const fault = h("p", { class: "fault", id: `${id}-fault`, hidden: true })
  const question = h("div", { class: "asked", role: "group", hidden: true })
  input.setAttribute("aria-describedby", `${id}-hint ${id}-fault`)
  const unit = "unit" in field && field.unit ? h("span", { class: "unit" }, field.unit) : false
  const element = h(
    "div",
    { class: `field ${field.kind}` },
    h("label", { for: id }, field.title),
    h("span", { class: "input" }, input, unit),
    h("p", { class: "hidden", id: `${id}-hint` }, field.description),
    fault,
    question,
  )
  element.title = field.description
  let shown: Value | undefined
  /** Enter and leaving the field both end the typing: the second says nothing new. */
  let told: Value | undefined

  function complain(text: string): void {
    fault.textContent = text
    fault.hidden = text === ""
    setAttribute(input, "aria-invalid", text === "" ? undefined : "true")
  }

  function tell(now: boolean): void {
    const value = valueOf(field, input)
    const wrong = value === undefined ? "" : problemWith(field, value)
    complain(wrong)
    if (value === undefined || wrong !== "" || value === shown || (now && value === told)) return
    told = now ? value : undefined
    question.hidden = true
    changed(value, now)
  }

  input.addEventListener("input", () => tell(false))
  input.addEventListener("change", () => tell(true))
  element.addEventListener("keydown", (event) => {
    if (event.target === input && event.key === "Enter") tell(true)
    if (event.target === input && event.key === "Escape") {
      complain("")
      put(input, shown)
    }
  })

  return {
    element,
    show: (value) => {
      const typing = document.activeElement === input && valueOf(field, input) !== shown
      shown = value
      told = undefined
      if (!typing) put(input, value)
    },
    fault: (text) => {
      complain(text)
      told = undefined
    },
    ask: (text, choices, answer) => {
      question.hidden = false
      question.setAttribute("aria-label", text)
      const buttons = choices.slice(0, 12).map(({ value, label }) => {
        const button = h("button", { type: "button", class: "choice plain" }, label)
        button.addEventListener("click", () => {
          question.hidden = true
          answer(value)
        })
        return button
      })
      question.replaceChildren(h("p", {}, text), ...buttons)
    },
    disable: (on) => {
      input.disabled = on
    },
  }
}

type Input = HTMLInputElement | HTMLSelectElement

function inputOf(field: Field): Input {
  if (field.kind === "enum")
    return h(
      "select",
      {},
      h("option", { value: "", hidden: true }, "–"),
      ...field.choices.map(({ value, label }) => h("option", { value: String(value) }, label)),
    )
  if (field.kind === "boolean") return h("input", { type: "checkbox" })
  if (field.kind === "text") return h("input", { type: "text", maxlength: field.maxLength, autocomplete: "off" })
  const { min, max, integer } = field
  return h("input", { type: "number", min, max, step: integer ? 1 : 0.1, inputmode: "decimal", autocomplete: "off" })
}

function put(input: Input, value: Value | undefined): void {
  if (input instanceof HTMLInputElement && input.type === "checkbox") input.checked = value === true
  else
    input.value =
      value === undefined ? "" : typeof value === "number" ? String(Number(value.toFixed(3))) : String(value)
}

/** Undefined while nothing usable stands in it. */
function valueOf(field: Field, input: Input): Value | undefined {
  if (input instanceof HTMLInputElement && input.type === "checkbox") return input.checked
  if (input.value.trim() === "") return undefined
  if (field.kind === "number") return Number(input.value)
  if (field.kind === "enum") return field.choices.find((it) => String(it.value) === input.value)?.value
  return input.value.trim()
}

/** Empty when it fits. The studio checks everything again; this only saves the way. */
function problemWith(field: Field, value: Value): string {
  if (field.kind !== "number") return ""
  const unit = field.unit ? ` ${field.unit}` : ""
  if (!Number.isFinite(value)) return "This must be a number."
  if (field.integer && !Number.isInteger(value)) return "This must be a whole number."
  const { min = -Infinity, max = Infinity } = field
  if (Number(value) >= min && Number(value) <= max) return ""
  if (field.min === undefined) return `At most ${max}${unit}.`
  return field.max === undefined ? `At least ${min}${unit}.` : `From ${min} to ${max}${unit}.`
}
