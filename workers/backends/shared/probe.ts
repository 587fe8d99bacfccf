import { BackendError } from "#src/errors.ts"
import type { Probe } from "#workers/backend.ts"

/** A probe whose failures are answers: whatever the server did or did not say becomes `ok: false` with the reason. Bugs stay bugs. */
export async function probed(look: () => Promise<Probe>): Promise<Probe> {
  try {
    return await look()
  } catch (error) {
    if (error instanceof BackendError) return { ok: false, detail: error.problem }
    // A signal with a time limit, or the probe was called off.
    if (error instanceof Error && /^(Timeout|Abort)Error$/.test(error.name))
      return { ok: false, detail: "it did not answer in time" }
    throw error
  }
}
