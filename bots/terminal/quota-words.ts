import { nearest, UsageError } from "#bots/terminal/arguments.ts"

/** How each of them is said. */
export const QUOTA_USAGE = [
  "quota show [user]",
  "quota set <target> <unit> <amount> [per <window>]",
  "quota remove <target> <unit> [per <window>]",
  "quota remove <id of a top-up>",
  "quota grant <user> <unit> <amount> [--expires MOMENT]",
  "quota reset <user> [unit] [per <window>]",
  "quota budget <unit> <amount> [per <window>]",
  "quota block <user> [--until MOMENT]",
  "quota unblock <user>",
  "quota list",
  "quota top [unit] [window]",
  "quota log [user]",
  "quota zone <zone>",
] as const

const VERBS = [...new Set(QUOTA_USAGE.map((line) => line.split(" ")[1] ?? ""))]
const WINDOWS = ["hour", "day", "week", "month", "total"]

export interface QuotaOptions {
  reason?: string | undefined
  expires?: string | undefined
  until?: string | undefined
  tenant?: string | undefined
  limit?: number | undefined
}

/** The tool call that a command stands for. Throws UsageError; what the words mean is checked by the tool. */
export function quotaCall(
  verb: string,
  words: readonly string[],
  options: QuotaOptions,
): { tool: string; input: Record<string, unknown> } {
  const { reason, expires, until, tenant, limit } = options
  const { plain, per } = splitWindow(words)
  const take = (least: number, most: number) => {
    if (plain.length < least || plain.length > most) throw wrongWords(verb)
    return plain
  }
  const edit = (operation: Record<string, unknown>) => ({
    tool: "quota_edit",
    input: { operations: [given({ do: verb, reason, ...operation })] },
  })
  switch (verb) {
    case "show": {
      const [user] = take(0, 1)
      return { tool: "quota_show", input: given({ user, tenant }) }
    }
    case "set": {
      const [target, unit, amount = ""] = take(3, 3)
      return edit({ target, unit, amount: amountOf(amount), per })
    }
    case "remove": {
      const [target, unit] = take(1, 2)
      if (unit !== undefined) return edit({ target, unit, per })
      if (!target?.startsWith("grt_")) throw wrongWords(verb)
      return edit({ do: "end_grant", grant: target })
    }
    case "grant": {
      const [user, unit, amount = ""] = take(3, 3)
      return edit({ user, unit, amount: amountOf(amount), expires })
    }
    case "reset": {
      const [user, unit] = take(1, 2)
      return edit({ user, unit, per })
    }
    case "budget": {
      const [unit, amount = ""] = take(2, 2)
      return edit({ unit, amount: amountOf(amount), per, tenant })
    }
    case "block": {
      const [user] = take(1, 1)
      return edit({ user, until })
    }
    case "unblock": {
      const [user] = take(1, 1)
      return edit({ user })
    }
    case "zone": {
      const [zone] = take(1, 1)
      return edit({ zone, tenant })
    }
    case "list":
      take(0, 0)
      return { tool: "quota_report", input: { about: "limits" } }
    case "top": {
      const [unit] = take(0, 1)
      return { tool: "quota_report", input: given({ about: "top", unit, per, tenant, limit }) }
    }
    case "log": {
      const [user] = take(0, 1)
      return { tool: "quota_report", input: given({ about: "log", user, limit }) }
    }
    default: {
      const closest = nearest(verb, VERBS)
      throw new UsageError(
        `There is no "quota ${verb.slice(0, 40)}".`,
        closest ? `Did you mean "quota ${closest}"?` : `There are: ${VERBS.join(", ")}.`,
      )
    }
  }
}

/** "… per day" and "… day" at the end are the window; a name before it may be anything. */
function splitWindow(words: readonly string[]): { plain: string[]; per?: string } {
  const last = words.at(-1)
  if (words.at(-2) === "per") return { plain: words.slice(0, -2), ...(last === undefined ? {} : { per: last }) }
  if (last !== undefined && words.length > 1 && WINDOWS.includes(last)) return { plain: words.slice(0, -1), per: last }
  return { plain: [...words] }
}

const SIZES: Record<string, number> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3, tb: 1024 ** 4 }

/** A whole number, a size such as 10GB, or "unlimited". */
function amountOf(text: string): number | "unlimited" {
  if (text === "unlimited") return text
  const [, digits, size] = /^(\d{1,15}(?:\.\d{1,3})?)\s?([kmgt]b)?$/i.exec(text.replaceAll(/(?<=\d)_(?=\d)/g, "")) ?? []
  const amount = Number(digits) * (size ? (SIZES[size.toLowerCase()] ?? 1) : 1)
  if (digits === undefined || !Number.isFinite(amount) || (!size && digits.includes(".")))
    throw new UsageError(
      `"${text.slice(0, 40)}" is not an amount.`,
      "Give a whole number, a size such as 10GB, or unlimited.",
    )
  return Math.round(amount)
}

function wrongWords(verb: string): UsageError {
  const usage = QUOTA_USAGE.filter((line) => line.split(" ")[1] === verb).map((line) => `atelier ${line}`)
  return new UsageError(`"quota ${verb}" needs other words than these.`, `Usage: ${usage.join(" or ")}`)
}

function given(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
