import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { encodeIterm, encodeKitty, encodeSixel } from "#bots/terminal/graphics.ts"
import { inlinePicture, protocolOf } from "#bots/terminal/picture.ts"
import { createProgress } from "#bots/terminal/progress.ts"
import type { Io } from "#bots/terminal/host.ts"
import { PassThrough, Readable } from "node:stream"
import { PNG } from "#tests/bots/terminal/terminal.ts"

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "atelier-picture-"))))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Control characters as the signs that stand for them. */
const visible = (text: string) => text.replaceAll("\u001b", "␛").replaceAll("\u0007", "␇")

/** Puts the pieces of a kitty transmission together again, as a terminal does. */
function decodeKitty(text: string): { keys: string; bytes: Buffer; pieces: number } {
  const pieces = [...visible(text).matchAll(/␛_G([^;]*);([A-Za-z0-9+/=]*)␛\\/g)]
  expect(pieces.map((it) => it[0]).join("")).toBe(visible(text))
  expect(pieces.map((it) => /m=([01])/.exec(it[1] ?? "")?.[1]).join("")).toBe(`${"1".repeat(pieces.length - 1)}0`)
  return {
    keys: pieces[0]?.[1] ?? "",
    bytes: Buffer.from(pieces.map((it) => it[2]).join(""), "base64"),
    pieces: pieces.length,
  }
}

/** A sixel reader: raster attributes, colour definitions, run lengths, carriage return and new line. */
function decodeSixel(text: string): { width: number; height: number; rgb: number[][] } {
  const body = /^␛P[\d;]*q([\s\S]*)␛\\$/.exec(visible(text))?.[1] ?? ""
  const palette = new Map<number, number[]>()
  let [width, height, x, y, color] = [0, 0, 0, 0, 0]
  const pixels = new Map<number, number[]>()
  for (const [token] of body.matchAll(/"[\d;]+|#[\d;]+|!\d+[?-~]|[?-~]|[$-]/g)) {
    const numbers = (token.match(/\d+/g) ?? []).map(Number)
    if (token.startsWith('"')) [width, height] = [numbers[2] ?? 0, numbers[3] ?? 0]
    else if (token.startsWith("#")) {
      color = numbers[0] ?? 0
      if (numbers.length === 5)
        palette.set(
          color,
          numbers.slice(2).map((it) => Math.round(it * 2.55)),
        )
    } else if (token === "$") x = 0
    else if (token === "-") [x, y] = [0, y + 6]
    else {
      const bits = (token.codePointAt(token.length - 1) ?? 63) - 63
      for (let run = token.startsWith("!") ? (numbers[0] ?? 1) : 1; run > 0; run--, x++)
        for (let row = 0; row < 6; row++)
          if (bits & (1 << row)) pixels.set((y + row) * width + x, palette.get(color) ?? [])
    }
  }
  return { width, height, rgb: Array.from({ length: width * height }, (_, at) => pixels.get(at) ?? []) }
}

test("kitty pieces of at most 4,096 characters join to the very PNG", () => {
  const large = Buffer.alloc(10_000, 7)
  expect(decodeKitty(encodeKitty(PNG))).toEqual({ keys: "a=T,f=100,q=2,m=0", bytes: PNG, pieces: 1 })
  const many = decodeKitty(encodeKitty(large))
  expect(many.bytes.equals(large)).toBe(true)
  expect(many.pieces).toBe(Math.ceil((Math.ceil(10_000 / 3) * 4) / 4_096))
})

test("iTerm2 gets the PNG with its size", () => {
  const match = /^␛\]1337;File=inline=1;size=(\d+);preserveAspectRatio=1:([A-Za-z0-9+/=]+)␇$/.exec(
    visible(encodeIterm(PNG)),
  )
  expect(Number(match?.[1])).toBe(PNG.byteLength)
  expect(Buffer.from(match?.[2] ?? "", "base64").equals(PNG)).toBe(true)
})

test("a sixel picture holds every pixel, within the steps of its palette", () => {
  const [width, height] = [37, 20]
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 31 + Math.floor(at / 97)) % 256)
  const read = decodeSixel(encodeSixel({ width, height, rgb }))
  expect([read.width, read.height]).toEqual([width, height])
  expect(read.rgb.every((pixel) => pixel.length === 3)).toBe(true)
  const worst = Math.max(
    ...read.rgb.flatMap((pixel, at) => pixel.map((value, channel) => Math.abs(value - (rgb[at * 3 + channel] ?? 0)))),
  )
  expect(worst).toBeLessThanOrEqual(52)
})

test("a picture file becomes any of the three; a broken one becomes nothing", async () => {
  const path = join(folder, "a.png")
  await writeFile(path, PNG)
  expect(
    decodeKitty((await inlinePicture(path, "kitty", 80)) ?? "")
      .bytes.subarray(1, 4)
      .toString(),
  ).toBe("PNG")
  expect(visible((await inlinePicture(path, "iterm2", 80)) ?? "")).toMatch(/^␛\]1337;/)
  expect(decodeSixel((await inlinePicture(path, "sixel", 80)) ?? "")).toMatchObject({ width: 2, height: 2 })
  await writeFile(path, "no picture")
  expect(await inlinePicture(path, "kitty", 80)).toBeUndefined()
})

const io = (tty: boolean, env: Record<string, string> = {}, stderr = new PassThrough()): Io => ({
  stdin: Readable.from([]),
  stdout: new PassThrough(),
  stderr,
  env,
  isTTY: { stdin: tty, stdout: tty, stderr: tty },
  columns: 40,
  signal: new AbortController().signal,
})

test("no picture goes into a pipe or under NO_COLOR", async () => {
  expect(await protocolOf(io(false))).toBeUndefined()
  expect(await protocolOf(io(true, { NO_COLOR: "1" }))).toBeUndefined()
  expect(await protocolOf(io(true, { TERM: "dumb" }))).toBeUndefined()
})

test("progress is rewritten on a terminal and comes at most every 2 s as lines elsewhere", () => {
  const shown = (tty: boolean) => {
    const stderr = new PassThrough()
    let now = 0
    const progress = createProgress(io(tty, {}, stderr), () => now)
    for (now = 0; now < 4_000; now += 500) progress.show({ fraction: now / 4_000, text: `step\n${now}` })
    progress.clear()
    return String(stderr.read())
  }
  expect(shown(false)).toBe("… step 0 0 %\n… step 2000 50 %\n")
  expect(shown(true).split("\r\u001b[2K")).toHaveLength(10)
  expect(shown(true)).not.toContain("\n")
})
