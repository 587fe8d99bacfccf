import { readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { listFiles, ROOT } from "#tests/architecture/scan.ts"

/** Words of one way to talk with the studio, which people who use another would not find. */
const OF_A_SURFACE =
  /\b(?:click\w*|tap|pages?|terminal|discord|slack|browser|windows?|screen|sidebar|toolbar|keyboard|mouse|scroll|buttons?|press(?:ed)?|command line|web ?site|app|channel|emoji)\b/i

/** What stands between quotes in the source, without its comments; names of fields and kinds hold no blank. */
function saidIn(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, "")
  return [...code.matchAll(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g)]
    .map(([text]) => text)
    .filter((text) => / /.test(text))
}

test("nothing that the core or its instructions say speaks of a page, a terminal or any other surface", () => {
  const files = listFiles(["src"]).filter((path) => path.startsWith("src/conversation/"))
  expect(files.length).toBeGreaterThan(40)
  const said = files.flatMap((path) =>
    saidIn(readFileSync(ROOT + path, "utf8"))
      // Queries of the store, and patterns that people's own words are looked for with.
      .filter((text) => !/\b(?:SELECT|INSERT|UPDATE|DELETE)\b|\\b|\(\?:/.test(text))
      .filter((text) => OF_A_SURFACE.test(text))
      .map((text) => `${path}: ${text}`),
  )
  const prompt = readFileSync(`${ROOT}prompts/conversation/turn.md`, "utf8").match(OF_A_SURFACE) ?? []
  expect([...said, ...prompt]).toEqual([])
})
