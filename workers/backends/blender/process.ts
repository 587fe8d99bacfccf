import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { z } from "zod"
import { BackendError } from "#src/errors.ts"
import { serverWords } from "#workers/backends/shared/failure.ts"

export interface BlenderRun {
  executable: string
  /** A script of this folder. */
  script: "probe" | "convert" | "render"
  /** JSON for the script. */
  order: object
  /** A folder of its own, which becomes its home as well. */
  folder: string
  /** For errors. */
  name: string
  signal: AbortSignal
  timeLimitS: number
  memoryMb: number
  threads?: number
  onLine?(line: string): void
}

const SCRIPTS = new URL("./", import.meta.url)
const WATCHES_EVERY_MS = 500
/** Lines of the end of its output that an error may be told from. */
const TAIL = 20
const MAX_LINE = 4_096
const MAX_RESULT_BYTES = 1024 ** 2

const outcome = z.union([
  z.looseObject({ ok: z.literal(true) }),
  z.object({
    ok: z.literal(false),
    problem: z.string().max(100_000),
    retry: z.enum(["input", "capacity", "transient", "fatal"]),
  }),
])

/**
 * Runs a script of ours in a Blender without window, settings, add-ons of the user, or scripts out of files. It is a process
 * group of its own, killed as a whole when the run is stopped or goes over its time or memory; and it ends by itself when
 * this process does, because it listens to its stdin.
 * Resolves with what the script wrote; throws BackendError, or the reason of the signal.
 */
export async function runBlender(run: BlenderRun): Promise<Record<string, unknown>> {
  const orderFile = join(run.folder, "order.json")
  await writeFile(orderFile, JSON.stringify(run.order))
  run.signal.throwIfAborted()
  const child = spawn(run.executable, argumentsOf(run, orderFile), {
    cwd: run.folder,
    env: environment(run.folder),
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  })
  const tail: string[] = []
  const hear = (line: string) => {
    tail.push(line.slice(0, MAX_LINE))
    if (tail.length > TAIL) tail.shift()
    run.onLine?.(line.slice(0, MAX_LINE))
  }
  createInterface({ input: child.stdout }).on("line", hear)
  createInterface({ input: child.stderr }).on("line", hear)
  child.stdin.on("error", () => undefined) // it is gone; "close" tells
  const stop = watch(child, run)
  try {
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null]
    if (run.signal.aborted) throw run.signal.reason
    const failure = stop.failure()
    if (failure) throw failure
    return await readOutcome(run, code ?? signal ?? "nothing", tail)
  } catch (error) {
    if (error instanceof BackendError || run.signal.aborted) throw error
    const problem = `Blender cannot be started: ${run.executable} (${String((error as { code?: unknown }).code)})`
    throw new BackendError(run.name, problem, "fatal", { cause: error })
  } finally {
    stop.end()
    kill(child)
  }
}

function argumentsOf({ script, threads }: BlenderRun, orderFile: string): string[] {
  const file = fileURLToPath(new URL(`${script}.py`, SCRIPTS))
  const started = ["--background", "--factory-startup", "--disable-autoexec", "--python-exit-code", "64"]
  const limited = threads ? ["--threads", String(threads)] : []
  return [...started, ...limited, "--python", file, "--", orderFile]
}

/** What it needs and nothing else: no keys, and no home in which add-ons of the user would be found. */
function environment(folder: string): NodeJS.ProcessEnv {
  const kept = [
    "PATH",
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "NVIDIA_VISIBLE_DEVICES",
    "SYSTEMROOT",
  ]
  const given = kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  return {
    ...(Object.fromEntries(given) as NodeJS.ProcessEnv), // names with texts
    HOME: folder,
    TMPDIR: folder,
    LANG: "C.UTF-8",
    PYTHONDONTWRITEBYTECODE: "1",
  }
}

/** Kills the run when it is stopped or over its limits, and remembers why. */
function watch(child: ChildProcess, { signal, timeLimitS, memoryMb, name }: BlenderRun) {
  let failure: BackendError | undefined
  const give = (problem: string) => {
    failure ??= new BackendError(name, problem, "capacity")
    kill(child)
  }
  const onAbort = () => kill(child)
  signal.addEventListener("abort", onAbort, { once: true })
  const timer = setTimeout(() => give(`Blender did not finish within ${timeLimitS} s`), timeLimitS * 1000)
  const look = setInterval(() => {
    void residentMb(child.pid).then((mb) => {
      if (mb > memoryMb) give(`Blender took more than ${memoryMb} MB of memory`)
    })
  }, WATCHES_EVERY_MS)
  return {
    failure: () => failure,
    end: () => {
      clearTimeout(timer)
      clearInterval(look)
      signal.removeEventListener("abort", onAbort)
    },
  }
}

/** The whole group: Blender starts helpers. It may be gone already. */
function kill({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    process.kill(-pid, "SIGKILL")
  } catch {
    // Gone between the look and the shot.
  }
}

/** Memory that a process holds; 0 where the system does not tell this way. */
async function residentMb(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "")
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024
}

async function readOutcome(run: BlenderRun, end: number | string, tail: string[]): Promise<Record<string, unknown>> {
  const text = await readFile(join(run.folder, "result.json"), "utf8").catch(() => "")
  const parsed =
    text.length > MAX_RESULT_BYTES ? undefined : outcome.safeParse(text ? JSON.parse(text) : undefined).data
  if (!parsed) {
    const last = tail.findLast((line) => line.trim() !== "" && !/^Blender (quit|\d)/.test(line)) ?? ""
    const said = last ? `; it said: ${serverWords(last)}` : ""
    throw new BackendError(run.name, `Blender ended with ${end} and without a result${said}`, "transient")
  }
  if (!parsed.ok) throw new BackendError(run.name, serverWords(parsed.problem), parsed.retry)
  return parsed
}
