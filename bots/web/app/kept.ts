/** What this tab remembers across a reload. Storage may be switched off: then it forgets, and works. */
export function recall(key: string, storage: "session" | "local" = "session"): string | undefined {
  try {
    return storageOf(storage).getItem(`atelier.${key}`) ?? undefined
  } catch {
    return undefined
  }
}

export function keep(key: string, value: string | undefined, storage: "session" | "local" = "session"): void {
  try {
    if (value === undefined || value === "") storageOf(storage).removeItem(`atelier.${key}`)
    else storageOf(storage).setItem(`atelier.${key}`, value)
  } catch {
    // full or forbidden: the page goes on without
  }
}

function storageOf(storage: "session" | "local"): Storage {
  return storage === "session" ? sessionStorage : localStorage
}
