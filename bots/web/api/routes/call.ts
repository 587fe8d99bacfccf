import type { Hono } from "hono"
import { json } from "#bots/web/api/answer.ts"
import { readBody } from "#bots/web/api/body.ts"
import type { Visit, WebEnv, WebParts } from "#bots/web/api/parts.ts"
import { webFiles } from "#bots/web/api/render.ts"
import { createThrottle } from "#bots/web/api/throttle.ts"
import { callTool, type CallAnswer } from "#bots/web/api/types.ts"
import { Question, UserError } from "#src/errors.ts"
import type { Registry } from "#tools/registry.ts"

/** A panel sends one call per change of a control. */
const CALLS_PER_MINUTE = 240
const CALL_MS = 60_000
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/

/** Tools as the person's own act: what buttons and panels do. It is the same call that a sentence leads to. */
export function routeCalls(app: Hono<WebEnv>, parts: WebParts): void {
  const throttle = createThrottle(parts.services.clock, CALLS_PER_MINUTE, "changes")
  app.post("/api/call", async (context) => {
    const visit = context.get("visit")
    const { tool, input } = await readBody(context.req.raw, callTool)
    throttle.take(visit.session.id)
    const registry = await parts.registry()
    refuseHidden(registry, visit, tool)
    const key = context.req.header("idempotency-key")
    const studio = parts.studioFor({
      caller: visit.caller,
      signal: AbortSignal.any([context.req.raw.signal, AbortSignal.timeout(CALL_MS)]),
      // The event stream tells how far jobs are.
      progress: () => {},
      ...(key !== undefined && IDEMPOTENCY_KEY.test(key) ? { idempotencyKey: `web:${key}` } : {}),
    })
    try {
      const { say, data, artifacts = [], job, next = [] } = await registry.callTool(tool, input, studio)
      const files = webFiles(parts.services.artifacts, artifacts)
      const answer: CallAnswer = { kind: "reply", say, data, files, next, ...(job ? { job } : {}) }
      return json(answer)
    } catch (error) {
      if (studio.signal.aborted) throw new DOMException("", "AbortError")
      if (!(error instanceof Question)) throw error
      const { question: text, field, choices } = error
      const answer: CallAnswer = { kind: "question", text, field, choices: [...choices] }
      return json(answer)
    } finally {
      parts.changes.nudge()
    }
  })
}

/** Admin tools are for the command line, whatever the role. */
function refuseHidden(registry: Registry, { caller }: Visit, name: string): void {
  if (registry.get(name)?.role !== "admin") return
  throw new UserError(
    `${name} cannot be used on a page.`,
    `Use the command line. Here are: ${registry
      .visible(caller.role)
      .map((it) => it.name)
      .join(", ")}.`,
    "forbidden",
  )
}
