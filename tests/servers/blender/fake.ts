import { spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { makeGlb, PNG } from "#tests/servers/glb.ts"

const say = (text: string) => void process.stdout.write(`${text}\n`)

/** How a run of the fake goes. */
export type Mood =
  | "well"
  | "crash" // a segmentation fault, with what Blender says of it
  | "refuse" // the script tells a problem
  | "hang" // it and a helper that it started go on for ever
  | "eat" // it takes more than 300 MB of memory
  | "nothing" // it ends well and wrote nothing
  | "garbage" // the file is not what it is called
  | "huge" // the file is larger than the studio stores
  | "old numpy" // no numpy at all
  | "tell" // it tells how it was started

// Blender 3.4.1, as far as the studio talks to it: its arguments, what it prints, and the files of our scripts. The first
// argument is the mood; the program that tests call "blender" puts it there.
const [mood, ...args] = process.argv.slice(2) as [Mood, ...string[]]

async function main(): Promise<void> {
  say("Blender 3.4.1")
  if (args.includes("--version")) return
  // The script watches its parent by stdin.
  process.stdin.on("end", () => process.exit(3)).resume()
  const script = basename(args[args.indexOf("--python") + 1] ?? "", ".py")
  const orderFile = args[args.indexOf("--") + 1] ?? ""
  const order = JSON.parse(await readFile(orderFile, "utf8")) as Order // our own
  const folder = join(orderFile, "..")
  const finish = (result: object) => writeFileSync(join(folder, "result.json"), JSON.stringify(result))
  if (script === "probe") return finish({ ok: true, ...ABILITIES, ...(mood === "old numpy" ? { numpy: null } : {}) })
  if (mood === "crash") {
    say(`Writing: ${folder}/blender.crash.txt`)
    process.kill(process.pid, "SIGSEGV")
  }
  if (mood === "refuse") return finish({ ok: false, problem: "the model has no meshes", retry: "input" })
  if (mood === "eat") globalThis.eaten = Buffer.alloc(300 * 1024 ** 2, 1)
  if (mood === "hang" || mood === "eat") {
    const helper = spawn(process.execPath, ["-e", "setTimeout(() => {}, 600000)"], { stdio: "ignore" })
    say(`Fra:1 Mem:8.64M (Peak 8.91M) | Time:00:00.01 | Scene, ViewLayer | Sample ${helper.pid}/999999999`)
    await new Promise((resolve) => setTimeout(resolve, 600_000))
  }
  if (mood === "nothing") return finish({ ok: true })
  const bytes = script === "render" ? render(order) : convert(order.format)
  const names =
    script === "convert"
      ? [`model.${order.format}`]
      : order.frames === 1
        ? [`picture.${order.format}`]
        : Array.from(
            { length: order.frames ?? 1 },
            (_, i) => `picture-${String(i + 1).padStart(4, "0")}.${order.format}`,
          )
  for (const name of names) writeFileSync(join(order.output, name), bytes)
  if (order.format === "obj") writeFileSync(join(order.output, "model.mtl"), "newmtl gold\n")
  finish({ ok: true, version: "3.4.1", ...(mood === "tell" ? { args, env: Object.keys(process.env).sort() } : {}) })
}

interface Order {
  output: string
  format: string
  frames?: number
  samples?: number
}

const ABILITIES = {
  version: "3.4.1",
  numpy: "1.24.2",
  engines: ["CYCLES", "BLENDER_EEVEE", "BLENDER_WORKBENCH"],
  denoisers: [],
  devices: [],
  formats: ["blend", "fbx", "dae", "obj", "stl", "ply", "x3d", "glb"],
}

function render({ frames = 1, samples = 1 }: Order): Uint8Array {
  for (let frame = 1; frame <= frames; frame++) {
    const head = `Fra:${frame} Mem:9.85M (Peak 9.98M) | Time:00:00.44`
    say(`${head} | Mem:0.00M, Peak:0.00M | Scene, ViewLayer | Updating Scene BVH | Building BVH 0%`)
    say(`${head} | Mem:0.76M, Peak:0.76M | Scene, ViewLayer | Sample 0/${samples}`)
    say(`${head} | Remaining:00:00.24 | Mem:0.90M, Peak:0.90M | Scene, ViewLayer | Sample ${samples}/${samples}`)
    say(
      `${head} | Mem:0.90M, Peak:0.90M | Scene, ViewLayer | Finished\nSaved: 'picture.png'\n Time: 00:01.22 (Saving: 00:00.78)\n`,
    )
  }
  if (mood === "huge") return Buffer.concat([PNG, Buffer.alloc(2 * 1024 ** 2)])
  return mood === "garbage" ? Buffer.from("<html>") : PNG
}

function convert(format: string): Uint8Array {
  if (format === "fbx") return Buffer.from("Kaydara FBX Binary  \0\u001a\0")
  if (format === "blend") return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0])
  return format === "glb" ? makeGlb() : Buffer.from("o model\n")
}

declare global {
  var eaten: Buffer | undefined
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main()
  say("\nBlender quit")
  // The open stdin would keep it.
  process.exit(0)
}
