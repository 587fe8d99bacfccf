/** Rows of `stride` floats without repetitions, and for each input row the number of its equal. Equality is by bits. */
export interface Welded {
  rows: Float32Array
  rowOf: Uint32Array
}

/** Joins equal rows in order of first appearance, so the result depends on the input only. −0 equals 0. */
export function weld(values: Float32Array, stride: number): Welded {
  const count = values.length / stride
  const clean = values.map((value) => value + 0) // −0 + 0 = 0
  const bits = new Uint32Array(clean.buffer)
  const slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(4, count * 2)))).fill(-1)
  const mask = slots.length - 1
  const rowOf = new Uint32Array(count)
  let kept = 0
  for (let row = 0; row < count; row++) {
    let slot = hash(bits, row * stride, stride) & mask
    for (;;) {
      const other = slots[slot] ?? -1
      if (other < 0) {
        slots[slot] = kept
        bits.copyWithin(kept * stride, row * stride, (row + 1) * stride)
        rowOf[row] = kept++
        break
      }
      if (sameRow(bits, other * stride, row * stride, stride)) {
        rowOf[row] = other
        break
      }
      slot = (slot + 1) & mask
    }
  }
  return { rows: clean.slice(0, kept * stride), rowOf }
}

/** FNV-1a over 32-bit words with a final mix (the low bits of round floats are all zero). */
function hash(bits: Uint32Array, at: number, stride: number): number {
  let h = 0x811c9dc5
  for (let i = at; i < at + stride; i++) {
    h = Math.imul(h ^ (bits[i] ?? 0), 0x01000193)
    h ^= h >>> 15
  }
  return (Math.imul(h, 0x2c1b3c6d) ^ (h >>> 13)) >>> 0
}

function sameRow(bits: Uint32Array, a: number, b: number, stride: number): boolean {
  for (let i = 0; i < stride; i++) if (bits[a + i] !== bits[b + i]) return false
  return true
}
