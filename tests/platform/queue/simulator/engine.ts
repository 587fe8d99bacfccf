import type { GpuServer } from "#src/platform/queue/schedule.fit.ts"
import { choose } from "#src/platform/queue/schedule.ts"
import type { Assignment, WaitingJob } from "#src/platform/queue/schedule.ts"
import type { Policy } from "#tests/platform/queue/simulator/policy.ts"
import { WORKING_GB } from "#tests/platform/queue/simulator/workload.ts"
import type { Model, Submission } from "#tests/platform/queue/simulator/workload.ts"

/** How it went for one job. */
export interface Run {
  submission: Submission
  /** From submission until it works: waiting and loading. */
  waitS: number
}

export interface Outcome {
  runs: Run[]
  /** When the last job ended. */
  makespanS: number
  /** Times a model was loaded, and the share of all busy time that this took. */
  swaps: number
  loadShare: number
}

/** A GPU that runs one job at a time and keeps the models used last as long as there is room. */
interface Machine {
  id: string
  gb: number
  models: Model[]
  /** What runs, and until when. */
  busy: { accountId: string; untilS: number } | undefined
}

type Waiting = Map<string, { job: WaitingJob; submission: Submission }>

const KIND = "gpu"
const NOTHING = {}

/** Plays a workload (by time of submission) on servers of `gb` each: simulated time only, the same result every time. */
export function simulate(workload: readonly Submission[], gb: readonly number[], policy: Policy): Outcome {
  const machines = gb.map((gb, n): Machine => ({ id: `gpu ${n}`, gb, models: [], busy: undefined }))
  const clocks = createFairClocks()
  const waiting: Waiting = new Map()
  const outcome: Outcome = { runs: [], makespanS: 0, swaps: 0, loadShare: 0 }
  let [loadS, busyS] = [0, 0]
  const begin = ({ jobId, serverId, clock }: Assignment, nowS: number) => {
    const chosen = waiting.get(jobId)
    const machine = machines.find(({ id }) => id === serverId)
    if (!chosen || !machine) throw new Error(`${jobId} cannot start on ${serverId}`)
    waiting.delete(jobId)
    clocks.raise(chosen.job.urgency, clock)
    const { submission } = chosen
    const load = loadInto(machine, submission.model)
    const untilS = nowS + load + submission.runS
    machine.busy = { accountId: submission.accountId, untilS }
    outcome.runs.push({ submission, waitS: nowS + load - submission.atS })
    outcome.makespanS = Math.max(outcome.makespanS, untilS)
    if (load > 0) outcome.swaps++
    loadS += load
    busyS += load + submission.runS
  }
  let arrived = 0
  for (let nowS = 0; Number.isFinite(nowS);) {
    for (const machine of machines) if (machine.busy && machine.busy.untilS <= nowS) machine.busy = undefined
    for (let next = workload[arrived]; next && next.atS <= nowS; next = workload[++arrived])
      waiting.set(`${arrived}`, { submission: next, job: asJob(next, arrived, policy, clocks.take) })
    for (const start of decide(waiting, machines, policy)) begin(start, nowS)
    nowS = Math.min(workload[arrived]?.atS ?? Infinity, ...machines.map(({ busy }) => busy?.untilS ?? Infinity))
  }
  if (waiting.size > 0) throw new Error(`${waiting.size} jobs never started`)
  outcome.loadShare = busyS > 0 ? loadS / busyS : 0
  return outcome
}

function decide(waiting: Waiting, machines: Machine[], policy: Policy): Assignment[] {
  if (waiting.size === 0 || machines.every(({ busy }) => busy)) return []
  const inFlight = new Map<string, number>()
  for (const { busy } of machines) if (busy) inFlight.set(busy.accountId, (inFlight.get(busy.accountId) ?? 0) + 1)
  const servers = machines.map((machine) => asServer(machine, policy))
  const jobs = [...waiting.values()].map(({ job }) => job)
  return choose(jobs, servers, inFlight, policy.options)
}

/** Seconds until the model is in memory; those not used for longest make room. */
function loadInto(machine: Machine, model: Model): number {
  const loadS = machine.models.includes(model) ? 0 : model.loadS
  machine.models = [model, ...machine.models.filter((other) => other !== model)]
  const used = () => machine.models.reduce((sum, { gb }) => sum + gb, WORKING_GB)
  while (used() > machine.gb) machine.models.pop()
  return loadS
}

function asJob(
  { accountId, rush, model }: Submission,
  seq: number,
  policy: Policy,
  takeTag: (urgency: number, accountId: string, seconds: number) => number,
): WaitingJob {
  const urgency = rush && policy.rush ? 0 : 1
  return {
    id: `${seq}`,
    accountId,
    urgency,
    tag: policy.fair ? takeTag(urgency, accountId, model.runS) : 0,
    seq,
    signature: model.signature,
    seconds: model.runS,
    needs: { kinds: [KIND], vramMb: (model.gb + WORKING_GB) * 1024, requires: [] },
    avoid: NOTHING,
  }
}

function asServer({ id, gb, models, busy }: Machine, { affinity }: Policy): GpuServer {
  return {
    id,
    kind: KIND,
    slots: 1,
    inFlight: busy ? 1 : 0,
    vramMb: gb * 1024,
    has: () => true,
    warm: affinity ? models.map(({ signature }) => signature) : [],
    open: true,
  }
}

/** Start-time fair queueing as on accepting a job, one clock for each class. */
function createFairClocks() {
  const clocks = new Map<number, number>()
  const lastFinish = new Map<string, number>()
  return {
    take: (urgency: number, accountId: string, seconds: number): number => {
      const tag = Math.max(clocks.get(urgency) ?? 0, lastFinish.get(`${urgency} ${accountId}`) ?? 0)
      lastFinish.set(`${urgency} ${accountId}`, tag + seconds)
      return tag
    },
    raise: (urgency: number, clock: number) => void clocks.set(urgency, Math.max(clocks.get(urgency) ?? 0, clock)),
  }
}
