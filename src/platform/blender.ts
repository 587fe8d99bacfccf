import { execFile } from "node:child_process"
import { accessSync, constants, statSync } from "node:fs"
import { delimiter, join } from "node:path"
import { promisify } from "node:util"
import type { Check } from "#src/studio.ts"

/**
 * The Blender of this machine: the given file, else the first "blender" on PATH. Undefined when there is none; a given file
 * is not looked at here, so that what is wrong with it is told when it is used.
 */
export function findBlender(given: string | undefined, path: string = process.env["PATH"] ?? ""): string | undefined {
  if (given) return given
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, process.platform === "win32" ? "blender.exe" : "blender"))
    .find(isProgram)
}

export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

const ANSWERS_WITHIN_MS = 800

/** Whether there is a Blender and which; what it can do is told by the probe of its server. */
export async function checkBlender(given: string | undefined, signal: AbortSignal): Promise<Omit<Check, "name">> {
  const file = findBlender(given)
  if (file === undefined)
    return {
      state: "absent",
      detail: "not found",
      hint: "Install Blender, or set BLENDER_PATH, for final pictures and for .blend and DAE files.",
    }
  if (!isProgram(file))
    return { state: "failing", detail: `${file} is no program that can be run`, hint: "Correct BLENDER_PATH." }
  const limit = AbortSignal.timeout(ANSWERS_WITHIN_MS)
  try {
    return { state: "ok", detail: `Blender ${await blenderVersion(file, AbortSignal.any([signal, limit]))}, ${file}` }
  } catch {
    // A busy machine, or its first start since the machine came up.
    if (limit.aborted) return { state: "ok", detail: `${file}, too busy to tell its version` }
    return { state: "failing", detail: `${file} does not run as Blender does`, hint: "Correct BLENDER_PATH." }
  }
}

/** "3.4.1". Rejects when the file cannot be run, says something else, or the signal aborts. */
export async function blenderVersion(file: string, signal: AbortSignal): Promise<string> {
  const { stdout } = await promisify(execFile)(file, ["--version"], {
    signal,
    maxBuffer: 64 * 1024,
    killSignal: "SIGKILL",
    env: { PATH: process.env["PATH"] },
  })
  const version = /^Blender (\d+\.\d+(?:\.\d+)?)/m.exec(stdout)?.[1]
  if (!version) throw new Error(`${file} is no Blender`)
  return version
}
