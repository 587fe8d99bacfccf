import { writeFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import asc from "assemblyscript/asc"

export const TRACER_FILE = new URL("./tracer.wasm", import.meta.url)
const SOURCE = new URL("./assembly/index.ts", import.meta.url)

/** Pages of 64 KiB: the header must fit at the start; the most is all that 32-bit addresses reach. */
export const MEMORY_PAGES = { initial: 16, maximum: 65_536 } as const

const FLAGS = [
  "-O3 --noAssert --runtime stub --importMemory --sharedMemory --enable simd --enable threads",
  `--initialMemory ${MEMORY_PAGES.initial} --maximumMemory ${MEMORY_PAGES.maximum}`,
].flatMap((line) => line.split(" "))

/** Compiles the tracer's AssemblyScript source; the same source and compiler version give the same bytes. */
export async function compileTracer(): Promise<Uint8Array> {
  let compiled: Uint8Array | undefined
  const complaints: string[] = []
  const result = await asc.main([fileURLToPath(SOURCE), "--outFile", "tracer.wasm", ...FLAGS], {
    stderr: { write: (text: string | Uint8Array) => void complaints.push(String(text)) },
    writeFile: (name, contents) => {
      if (name.endsWith(".wasm") && contents instanceof Uint8Array) compiled = contents
    },
  })
  if (result.error || !compiled) throw new Error(`the tracer does not compile: ${complaints.join("")}`)
  return compiled
}

if (import.meta.main) await writeFile(TRACER_FILE, await compileTracer())
