import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

export const hasAdmesh = existsSync("/usr/bin/admesh")
export const hasSlic3r = existsSync("/usr/bin/slic3r")

/** What the program says about the bytes, written to a file of that name. */
async function ask(program: string, args: string[], name: string, bytes: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-export-"))
  try {
    const path = join(folder, name)
    await writeFile(path, bytes)
    const { stdout } = await run(program, [...args, path], { timeout: 20_000 })
    return stdout
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** ADMesh: edges that have no partner, facets it would turn, the volume in mm³. */
export async function admesh(stl: Uint8Array) {
  const text = await ask("/usr/bin/admesh", [], "model.stl", stl)
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN)
  return {
    disconnected: number(/Total disconnected facets\s*:\s*(\d+)/),
    backwards: number(/Backwards edges\s*:\s*(\d+)/),
    degenerate: number(/Degenerate facets\s*:\s*(\d+)/),
    volume: number(/Volume\s*:\s*([\d.]+)/),
  }
}

/** Slic3r: whether it would print the file as it is. */
export async function slic3r(name: string, bytes: Uint8Array) {
  const text = await ask("/usr/bin/slic3r", ["--info"], name, bytes)
  return {
    manifold: /manifold = (\w+)/.exec(text)?.[1],
    parts: Number(/number_of_parts =\s+(\d+)/.exec(text)?.[1]),
    volume: Number(/volume = ([\d.]+)/.exec(text)?.[1]),
    sizeX: Number(/size_x = ([\d.]+)/.exec(text)?.[1]),
  }
}
