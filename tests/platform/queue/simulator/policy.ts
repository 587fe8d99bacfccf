import type { ScheduleOptions } from "#src/platform/queue/schedule.ts"

/** A way of choosing. All go through the same function; they differ in what it is told. */
export interface Policy {
  name: string
  /** Jobs carry fair tags; else all the same one, so that the order of arrival decides. */
  fair: boolean
  /** The scheduler is told what is in memory. */
  affinity: boolean
  /** The scheduler is told who is in a hurry. */
  rush: boolean
  options: ScheduleOptions
}

const NO_CAP = Infinity

export const fifo: Policy = {
  name: "FIFO",
  fair: false,
  affinity: false,
  rush: false,
  options: { deltaS: 0, inFlightCap: NO_CAP },
}

export const affinityOnly: Policy = {
  name: "affinity only",
  fair: false,
  affinity: true,
  rush: false,
  options: { inFlightCap: NO_CAP },
}

export const fairOnly: Policy = { name: "fair only", fair: true, affinity: false, rush: true, options: { deltaS: 0 } }

export const ours = (options: ScheduleOptions = {}): Policy => ({
  name: "ours",
  fair: true,
  affinity: true,
  rush: true,
  options,
})
