// Padded Owen-scrambled Sobol pairs (Burley 2020, "Practical Hash-based Owen Scrambling"): each pair of dimensions is the
// same 2D sequence with its own index shuffle and scramble, hashed from pixel and pair. Nothing depends on the thread.
import * as at from "./header"
import { address } from "./shared"

/** Points of the sequence that the table holds; also the most samples a pixel may take. */
export const SEQUENCE: i32 = 256

let pixelHash: u32 = 0
let sampleIndex: u32 = 0
let pair: u32 = 0

export let sampleU: f32 = 0
export let sampleV: f32 = 0

// @ts-ignore: decorator
@inline function reverse(x: u32): u32 {
  x = ((x >> 1) & 0x55555555) | ((x & 0x55555555) << 1)
  x = ((x >> 2) & 0x33333333) | ((x & 0x33333333) << 2)
  x = ((x >> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4)
  x = ((x >> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8)
  return (x >> 16) | (x << 16)
}

// @ts-ignore: decorator
@inline export function hash(x: u32): u32 {
  x ^= x >> 16
  x *= 0x7feb352d
  x ^= x >> 15
  x *= 0x846ca68b
  return x ^ (x >> 16)
}

/** Laine and Karras' hash on reversed bits: an Owen scramble of the original number. */
// @ts-ignore: decorator
@inline function scrambleReversed(x: u32, seed: u32): u32 {
  x += seed
  x ^= x * 0x6c50b47c
  x ^= x * 0xb82f1e52
  x ^= x * 0xc7afe638
  return x ^ (x * 0x8d22f6e6)
}

/** The two coordinates of the Sobol sequence, bit-reversed as the scramble wants them. */
export function fillSequence(): void {
  const table = address(at.AT_TABLES)
  for (let i: u32 = 0; i < <u32>SEQUENCE; i++) {
    // Second Sobol dimension: direction numbers of the polynomial x + 1.
    let y: u32 = 0
    let direction: u32 = 0x80000000
    for (let bits = i; bits != 0; bits >>= 1) {
      if (bits & 1) y ^= direction
      direction ^= direction >> 1
    }
    store<u32>(table + (<usize>i << 3), i)
    store<u32>(table + (<usize>i << 3) + 4, reverse(y))
  }
}

export function startSample(pixel: u32, seed: u32, index: u32): void {
  pixelHash = hash(pixel ^ hash(seed + 0x9e3779b9))
  sampleIndex = index
  pair = 0
}

/** Sets `sampleU` and `sampleV` to the next pair of dimensions, both in [0, 1). */
export function nextPair(): void {
  const seed = hash(pixelHash + pair * 0x9e3779b9)
  pair++
  // The index shuffle is an Owen scramble of the index's own low bits: every aligned block of 2^k stays one block.
  const shuffled = reverse(scrambleReversed(reverse(sampleIndex), seed)) & (SEQUENCE - 1)
  const entry = address(at.AT_TABLES) + (<usize>shuffled << 3)
  const x = reverse(scrambleReversed(load<u32>(entry), hash(seed ^ 0xa511e9b3)))
  const y = reverse(scrambleReversed(load<u32>(entry + 4), hash(seed ^ 0x63d83595)))
  sampleU = <f32>(x >> 8) * <f32>(1.0 / 16777216.0)
  sampleV = <f32>(y >> 8) * <f32>(1.0 / 16777216.0)
}
