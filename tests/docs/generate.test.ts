import { existsSync, readFileSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { z } from "zod"
import { generatedDocs } from "#docs/generate.ts"
import { productionDependencies, refusedLicences, renderNotices } from "#docs/notices.ts"
import type { Dependency } from "#docs/notices.ts"
import { renderTools } from "#docs/tools-page.ts"
import type { Tool } from "#src/tool.ts"
import { ROOT } from "#tests/architecture/scan.ts"

test("the generated documents in the repository are what the code says now (npm run docs)", async () => {
  for (const { path, text } of await generatedDocs()) {
    expect(existsSync(`${ROOT}${path}`), `${path} is missing: npm run docs`).toBe(true)
    expect(readFileSync(`${ROOT}${path}`, "utf8"), `${path} is out of date: npm run docs`).toBe(text)
  }
})

describe("the notices", () => {
  const dependencies = productionDependencies(ROOT)

  test("name what runs in production, with licence and source, and nothing that is only for development", () => {
    const names = dependencies.map((it) => it.name)
    expect(names).toContain("better-sqlite3")
    expect(names).not.toContain("vitest")
    for (const it of dependencies)
      expect(it).toMatchObject({ version: expect.stringMatching(/^\d/), link: expect.stringMatching(/^https:/) })
  })

  test("agree with what the installed packages say about themselves", () => {
    for (const it of dependencies.filter((dependency) => !dependency.optional)) {
      const path = `${ROOT}node_modules/${it.name}/package.json`
      // Some old packages carry the licence as an object or a list; npm has put it into the lock file as one word.
      const own = JSON.parse(readFileSync(path, "utf8")) as { version: string; license?: unknown }
      if (own.version === it.version && typeof own.license === "string") expect(it.licence, it.name).toBe(own.license)
    }
  })

  test("refuse a licence that nobody agreed to, and say what to do", () => {
    const gpl: Dependency = {
      name: "viral",
      version: "1.0.0",
      licence: "GPL-3.0-only",
      link: "https://example.org",
      optional: false,
    }
    expect(() => renderNotices([gpl])).toThrow(/viral 1\.0\.0: GPL-3\.0-only\nUse another package/)
    expect(() => renderNotices([{ ...gpl, licence: "none" }])).toThrow("viral 1.0.0: none")
  })

  test.each([
    ["a", "MIT", []],
    ["a", "(GPL-2.0 OR MIT)", []],
    ["a", "MIT AND GPL-2.0", ["GPL-2.0"]],
    ["a", "LGPL-3.0-or-later", ["LGPL-3.0-or-later"]],
    ["@img/sharp-libvips-linux-x64", "LGPL-3.0-or-later", []],
    ["@img/sharp-win32-x64", "Apache-2.0 AND LGPL-3.0-or-later", []],
    ["@img/sharp-libvips-linux-x64", "GPL-3.0-or-later", ["GPL-3.0-or-later"]],
    ["a", "SEE LICENSE IN FILE", ["SEE LICENSE IN FILE"]],
  ])("%s under %s: refused is %j", (name, licence, refused) => {
    expect(refusedLicences(name, licence)).toEqual(refused)
  })
})

test("the page of tools tells fields, limits, defaults, units, variants and examples", () => {
  const tool: Tool = {
    name: "kiln_fire",
    title: "Fire the kiln",
    description: "Heats it.",
    effect: "writes",
    cost: "metered",
    role: "user",
    input: z.object({
      name: z.string().max(80).describe("Its name."),
      heat: z.number().min(0).max(1300).default(900).describe("How hot | at most.").meta({ unit: "°C" }),
      glaze: z.enum(["matt", "clear"]).optional().describe("Glaze."),
      steps: z
        .array(
          z.discriminatedUnion("do", [
            z.object({ do: z.literal("hold"), minutes: z.int().min(1).max(60).describe("How long.") }),
          ]),
        )
        .max(9)
        .describe("Steps."),
    }),
    output: z.object({}),
    examples: [{ say: "fire it", input: { name: "a" } }],
    run: () => Promise.resolve({ say: "", data: {} }),
  }
  const page = renderTools([tool])
  expect(page.slice(page.indexOf("## kiln_fire"))).toMatchInlineSnapshot(`
    "## kiln_fire

    **Fire the kiln.** Heats it.

    | field | takes | default | meaning |
    |---|---|---|---|
    | \`name\` | text, up to 80 characters | required | Its name. |
    | \`heat\` | number 0–1300 °C | \`900\` | How hot \\| at most. |
    | \`glaze\` | one of \`matt\`, \`clear\` |  | Glaze. |
    | \`steps\` | list of up to 9: object | required | Steps. |
    | \`steps[](hold).do\` | \`"hold"\` | required |  |
    | \`steps[](hold).minutes\` | whole number 1–60 | required | How long. |

    > fire it

    \`\`\`json
    {"name":"a"}
    \`\`\`
    "
  `)
})
