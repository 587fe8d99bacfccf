import { byId } from "./h.ts"
import { keep, recall } from "./kept.ts"

const THEMES = ["auto", "light", "dark"] as const
type Theme = (typeof THEMES)[number]

const LABELS: Record<Theme, string> = { auto: "as the system", light: "light", dark: "dark" }

/** Light and dark follow the system until somebody chooses; the button goes through the three. */
export function startTheme(): void {
  const button = byId("theme")
  let theme: Theme = THEMES.find((it) => it === recall("theme", "local")) ?? "auto"
  const apply = () => {
    if (theme === "auto") delete document.documentElement.dataset["theme"]
    else document.documentElement.dataset["theme"] = theme
    button.setAttribute("aria-label", `Colours: ${LABELS[theme]}`)
    button.title = `Colours: ${LABELS[theme]}`
  }
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto"
    keep("theme", theme === "auto" ? undefined : theme, "local")
    apply()
  })
  apply()
}
