// Access to the shared header, and how the threads share work: tickets from one counter, a barrier between phases.
import * as at from "./header"

export let header: usize = 0
export let thread: i32 = 0

/** This thread's own memory: a stack from `stack`, and room for the build from `scratch`. */
export let stack: usize = 0
export let scratch: usize = 0

/** Must be called once per thread before anything else. */
export function attach(address: usize, index: i32): void {
  header = address
  thread = index
}

/** Finds this thread's own memory; must be called whenever the layout has changed. */
export function bindThread(): void {
  stack = address(at.AT_STACKS) + <usize>thread * at.STACK_BYTES
  scratch = stack + at.STACK_BYTES / 2
}

// @ts-ignore: decorator
@inline export function word(field: i32): i32 {
  return load<i32>(header + (<usize>field << 2))
}

// @ts-ignore: decorator
@inline export function address(field: i32): usize {
  return load<usize>(header + (<usize>field << 2))
}

// @ts-ignore: decorator
@inline export function real(field: i32): f32 {
  return load<f32>(header + (<usize>field << 2))
}

// @ts-ignore: decorator
@inline export function wordAddress(field: i32): usize {
  return header + (<usize>field << 2)
}

// @ts-ignore: decorator
@inline export function cancelled(): bool {
  return atomic.load<i32>(wordAddress(at.CANCEL)) != 0
}

/** The next free number of `field`'s counter. */
export function ticket(field: i32): i32 {
  return atomic.add<i32>(wordAddress(field), 1)
}

/** All threads wait here for the last one, which opens the next phase with a fresh ticket counter. */
export function barrier(): void {
  const turn = wordAddress(at.BARRIER_TURN)
  const now = atomic.load<i32>(turn)
  if (atomic.add<i32>(wordAddress(at.BARRIER_COUNT), 1) == word(at.THREADS) - 1) {
    atomic.store<i32>(wordAddress(at.BARRIER_COUNT), 0)
    atomic.store<i32>(wordAddress(at.TICKET), 0)
    atomic.add<i32>(wordAddress(at.PHASE), 1)
    atomic.add<i32>(turn, 1)
    atomic.notify(turn, -1)
  } else {
    while (atomic.load<i32>(turn) == now) atomic.wait<i32>(turn, now, -1)
  }
}
