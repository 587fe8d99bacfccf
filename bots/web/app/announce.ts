import { byId } from "./h.ts"

const MOST_LETTERS = 1_500

/** Tells a screen reader, politely: after what it is saying now. */
export function announce(text: string): void {
  const region = byId("announcer")
  region.textContent = ""
  // The change must come in a later task than the emptying, or saying the same twice is heard once.
  setTimeout(() => (region.textContent = text.slice(0, MOST_LETTERS)), 50)
}
