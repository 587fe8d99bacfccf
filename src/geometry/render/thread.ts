// One render thread: an instance of the tracer over the memory that all threads share.
import { parentPort, workerData } from "node:worker_threads"
import { smoothNormals } from "./normals.ts"
import type { PartRange } from "./scene.ts"
import * as at from "./tracer/assembly/header.ts"

export interface ThreadData {
  module: WebAssembly.Module
  memory: WebAssembly.Memory
  index: number
}

/** The functions of the compiled tracer that threads and measurements call. */
export interface Tracer extends Record<string, unknown> {
  attach(header: number, thread: number): void
  prepare(): void
  run(): void
}

/** Normals of the parts that no other thread has taken yet, then the picture. */
function work(tracer: Tracer, { memory, index }: ThreadData, parts: readonly PartRange[]): void {
  const header = new Int32Array(memory.buffer, at.HEADER_ADDRESS, at.HEADER_BYTES / 4)
  if (index === 0) tracer.prepare()
  while (Atomics.load(header, at.CANCEL) === 0) {
    const part = parts[Atomics.add(header, at.NORMALS_TICKET, 1)]
    if (!part) break
    writeNormals(memory, header, part)
  }
  tracer.run()
}

function writeNormals(memory: WebAssembly.Memory, header: Int32Array, part: PartRange): void {
  const start = (field: number) => header[field]! >>> 0
  const positions = new Float32Array(memory.buffer, start(at.AT_POSITIONS) + part.firstVertex * 12, part.vertices * 3)
  const indices = new Uint32Array(
    memory.buffer,
    start(at.AT_INDICES) + part.firstTriangle * 12,
    part.triangles * 3,
  ).slice()
  for (let i = 0; i < indices.length; i++) indices[i]! -= part.firstVertex
  const target = new Float32Array(memory.buffer, start(at.AT_NORMALS) + part.firstTriangle * 36, part.triangles * 9)
  target.set(smoothNormals({ positions, indices }))
}

if (parentPort) {
  const port = parentPort
  // The pool that starts this file passes exactly this.
  const data = workerData as ThreadData
  // The exports are those of the source in tracer/assembly/index.ts, which a test compiles anew.
  const tracer = new WebAssembly.Instance(data.module, { env: { memory: data.memory } }).exports as unknown as Tracer
  tracer.attach(at.HEADER_ADDRESS, data.index)
  port.on("message", (parts: PartRange[]) => {
    work(tracer, data, parts)
    port.postMessage("done")
  })
}
