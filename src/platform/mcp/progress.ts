import type { ServerContext } from "@modelcontextprotocol/server"
import type { Progress } from "#src/job.ts"

/** A client needs no more than a few updates a second. */
const LEAST_GAP_MS = 100
const TOTAL = 100

/**
 * Tells a client that gave a progress token how far its call is: `progress` of 100 and the words. The protocol wants every
 * number higher than the one before, also where the share is unknown.
 */
export function progressTo({ mcpReq }: ServerContext): (progress: Progress) => void {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return () => {}
  let told = -1
  let at = 0
  let text = ""
  return (progress) => {
    const now = performance.now()
    if (progress.text === text && now - at < LEAST_GAP_MS) return
    at = now
    text = progress.text
    told = Math.min(TOTAL, Math.max((progress.fraction ?? 0) * TOTAL, told + 0.01, 0))
    const params = { progressToken, progress: told, total: TOTAL, message: text.slice(0, 500) }
    // A client that went away meanwhile needs no progress; its call is cancelled through the signal.
    mcpReq.notify({ method: "notifications/progress", params }).catch(() => {})
  }
}
