import type { LanguageModelV4 } from "@ai-sdk/provider"
import type { Logger } from "pino"
import { createBreaker, type Breaker } from "#src/platform/llm/breaker.ts"
import { truncatedTo, withBudget } from "#src/platform/llm/budget.ts"
import { createLlmCache, withCache, type LlmCache } from "#src/platform/llm/cache.ts"
import { chainOf, withBreaker } from "#src/platform/llm/chain.ts"
import { llmChecks } from "#src/platform/llm/checks.ts"
import { withJsonAnswers } from "#src/platform/llm/json-answer.ts"
import { createLlmLedger, type LlmLedger, type LlmQuota } from "#src/platform/llm/ledger.ts"
import type { Llm, LlmCall, LlmRole } from "#src/platform/llm/llm.ts"
import { withMeter } from "#src/platform/llm/meter.ts"
import { providerModel } from "#src/platform/llm/provider.ts"
import { withRedaction } from "#src/platform/llm/redact.ts"
import type { LlmConfig, LlmLimits, LlmTarget } from "#src/platform/llm/settings.ts"
import { withoutPictures } from "#src/platform/llm/sight.ts"
import { withTimeouts } from "#src/platform/llm/timeout.ts"
import type { Db } from "#src/platform/store/db.ts"
import type { Check, Clock } from "#src/studio.ts"

export interface LlmParts {
  config: { llm: LlmConfig }
  db: Db
  clock: Clock
  quota?: LlmQuota
  log: Logger
}

/** What the rest of the house may do with the models, beyond calling them. */
export interface LlmService extends Llm {
  /** Steps and tool time for the loop; calls keep the other limits by themselves. */
  limits: LlmLimits
  /** The operator wants command mode when no model answers. */
  commandsLast: boolean
  cache: Pick<LlmCache, "clear" | "stats">
  /** Micro-dollars spent and held since midnight UTC. */
  spentToday(): number
  /** One line per model: whether its server answers, within a second. Never throws. */
  checks(signal: AbortSignal): Promise<Check[]>
}

/** One configured model, shared by the roles that use it. */
export interface LlmLink {
  target: LlmTarget
  breaker: Breaker
  /** Lowered when the server is caught cutting prompts. */
  contextTokens: number
  base: LanguageModelV4
}

const roles: readonly LlmRole[] = ["fast", "draft", "judge"]

/** Opens no connection; a studio without configured models gets one without models. */
export function createLlm(parts: LlmParts): LlmService {
  const { config, db, clock, quota, log } = parts
  const { limits, commandsLast } = config.llm
  const links = new Map<string, LlmLink>()
  const linkOf = (target: LlmTarget): LlmLink => {
    const name = `${target.endpoint.name}/${target.model}`
    let link = links.get(name)
    if (!link) {
      const timed = withTimeouts(providerModel(target), limits)
      const base =
        target.endpoint.provider === "openai-compatible" ? withJsonAnswers(timed, target.endpoint.jsonSchema) : timed
      links.set(name, (link = { target, breaker: createBreaker(clock), contextTokens: target.contextTokens, base }))
    }
    return link
  }
  const chains = new Map(roles.map((role) => [role, config.llm.roles[role].map(linkOf)]))
  const chain = (role: LlmRole) => chains.get(role) ?? []
  const secrets = [...links.values()].flatMap(({ target }) => target.endpoint.key ?? [])
  const shared: Shared = {
    ledger: createLlmLedger({ db, clock, quota, limits }),
    cache: createLlmCache(db, clock),
    limits,
    log,
  }
  return {
    limits,
    commandsLast,
    cache: shared.cache,
    spentToday: shared.ledger.spentToday,
    models: () =>
      roles.flatMap((role) =>
        chain(role).map(({ target, breaker, contextTokens }) => ({
          role,
          endpoint: target.endpoint.name,
          provider: target.endpoint.provider,
          model: target.model,
          contextTokens,
          breaker: breaker.state(),
          sees: target.sees,
        })),
      ),
    model: (role, call) => {
      const [first, ...others] = chain(role).map((link) => forCall(link, role, call, shared))
      return first && withRedaction(chainOf([first, ...others], log), secrets)
    },
    contextTokens: (role) => (chain(role).length > 0 ? Math.min(...chain(role).map((link) => link.contextTokens)) : 0),
    sees: (role) => chain(role).some((link) => link.target.sees),
    checks: (signal) => llmChecks([...links.values()], signal),
    close: () => undefined,
  }
}

interface Shared {
  ledger: LlmLedger
  cache: LlmCache
  limits: LlmLimits
  log: Logger
}

/** The layers of one model for one caller, from the provider outwards. */
function forCall(link: LlmLink, role: LlmRole, call: LlmCall, { ledger, cache, limits, log }: Shared): LanguageModelV4 {
  const { target } = link
  const name = `${target.endpoint.name}/${target.model}`
  const metered = withMeter(link.base, {
    open: (worst) => ledger.open(call.caller, role, target, worst),
    used: (tokens, microUsd) =>
      call.onUsage?.({
        model: name,
        cached: false,
        inputTokens: tokens.input,
        outputTokens: tokens.output,
        estimated: tokens.estimated,
        microUsd,
        sees: target.sees,
      }),
    counted: (sent, tokens) => {
      const cut = target.endpoint.provider === "openai-compatible" ? truncatedTo(sent, tokens) : undefined
      if (cut === undefined || cut >= link.contextTokens) return
      log.warn(
        { model: name, sent, counted: tokens.input, cut },
        "the server seems to cut prompts; its context is taken as this from now on",
      )
      link.contextTokens = cut
    },
  })
  const limited = withBudget(withBreaker(metered, link.breaker), () => link.contextTokens, limits.outputTokens)
  const guarded = target.sees ? limited : withoutPictures(limited)
  if (!call.cacheS) return guarded
  return withCache(guarded, cache, {
    accountId: call.caller.accountId,
    seconds: call.cacheS,
    reused: ({ input, output }) =>
      call.onUsage?.({
        model: name,
        cached: true,
        inputTokens: input,
        outputTokens: output,
        estimated: false,
        microUsd: 0,
        sees: target.sees,
      }),
  })
}
