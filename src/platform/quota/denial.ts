import { UserError } from "#src/errors.ts"
import type { Level } from "#src/platform/quota/books.ts"
import type { Rule } from "#src/platform/quota/limits.ts"
import { endOf } from "#src/platform/quota/spans.ts"
import { durationInWords, inWords } from "#src/platform/quota/units.ts"

/** "You have used 500 of 500 jobs today; this needs 1.": why a rule has no room, when it will have, and what to do. */
export function denial(facts: {
  rule: Rule
  needs: number
  level: Level
  /** What is left of top-ups. */
  topUps: number
  now: number
  zone: string
}): UserError {
  const { rule, needs, topUps, now, zone } = facts
  const { used, held } = facts.level
  const who = rule.scope.startsWith("tenant:") ? "Your workspace has" : "You have"
  const when = { hour: "this hour", day: "today", week: "this week", month: "this month", total: "in all" }[rule.span]
  const isTokens = rule.unit === "llm_tokens"
  const waiting = held > 0 ? ` (${held} of them held by ${isTokens ? "running calls" : "open jobs"})` : ""
  const beside = topUps > 0 ? `, and ${topUps} left of top-ups` : ""
  const resets = endOf(rule.span, now, zone)
  const reset = resets === undefined ? "It does not reset by itself." : `It resets in ${durationInWords(resets - now)}.`
  return new UserError(
    `${who} used ${used + held} of ${rule.amount} ${inWords(rule.unit)} ${when}${waiting}${beside}; this needs ${needs}.`,
    `${reset} The limit comes from: ${rule.source}. ${isTokens ? "Ask" : "Cancel waiting jobs or ask"} an admin for more.`,
    "quota",
  )
}
