import { byId, setAttribute } from "./h.ts"

/** The tabs of the side: arrow keys go along, as in every tab list. */
export function startTabs(): void {
  const tabs = [...byId("side-tabs").querySelectorAll<HTMLElement>('[role="tab"]')]
  const choose = (chosen: HTMLElement, focus: boolean) => {
    for (const tab of tabs) {
      const on = tab === chosen
      tab.setAttribute("aria-selected", String(on))
      tab.tabIndex = on ? 0 : -1
      byId(tab.getAttribute("aria-controls") ?? "").hidden = !on
    }
    if (focus) chosen.focus()
  }
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("click", () => choose(tab, false))
    tab.addEventListener("keydown", (event) => {
      const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0
      const next = tabs[(index + step + tabs.length) % tabs.length]
      if (step === 0 || !next) return
      event.preventDefault()
      choose(next, true)
    })
  }
}

/** On a narrow page one of three parts is shown; `news` puts a dot on the button of one that is not. */
export function startViews(revealed: (view: string) => void): { news(view: string): void } {
  const buttons = [...byId("views").querySelectorAll("button")]
  const mark = (button: HTMLElement, on: boolean) => {
    button.classList.toggle("news", on)
    button.setAttribute("aria-label", on ? `${button.textContent}, changed` : button.textContent)
  }
  const show = (view: string) => {
    document.body.dataset["view"] = view
    for (const button of buttons) {
      const here = button.dataset["to"] === view
      setAttribute(button, "aria-current", here ? "true" : undefined)
      if (here) mark(button, false)
    }
    revealed(view)
  }
  for (const button of buttons) button.addEventListener("click", () => show(button.dataset["to"] ?? "chat"))
  return {
    news: (view) => {
      const button = buttons.find((it) => it.dataset["to"] === view)
      if (button && document.body.dataset["view"] !== view) mark(button, true)
    },
  }
}
