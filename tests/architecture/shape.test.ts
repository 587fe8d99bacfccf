import { expect, test } from "vitest"
import { loadPrompts } from "#src/platform/prompts.ts"
import { listFiles } from "#tests/architecture/scan.ts"
import { shapeViolations } from "#tests/architecture/shape.ts"

const paths = listFiles(["src", "tools", "workers", "bots", "bench", "docs", "tests", "prompts"])

test("every file has a telling name, a known family and, where its folder registers it, a mirrored test", () => {
  expect(shapeViolations(paths)).toEqual([])
})

test("every prompt has front matter with its version and exactly the variables that it uses", async () => {
  const files = paths.filter((path) => path.startsWith("prompts/") && path.endsWith(".md"))
  expect(await loadPrompts()).toHaveLength(files.length)
})

test("a seeded fault is found", () => {
  expect(shapeViolations(["src/geometry/utils.ts", "bots/web/helpers/a.ts", "src/design/index.ts"])).toHaveLength(3)
  expect(
    shapeViolations(["src/widgets/a.ts", "tools/widgets/create.ts", "tests/tools/widgets/create.test.ts"]),
  ).toEqual([
    "src/widgets/a.ts is in the unknown room src/widgets: use a room of the house, or give it rules in tests/architecture/rules.ts.",
    'tools/widgets/create.ts is of the family "widgets", which has no src/widgets: a family has one name on every level.',
  ])
  expect(
    shapeViolations([
      "tools/design/create.ts",
      "src/export/formats/glb.ts",
      "workers/design.build.ts",
      "workers/backends/blender.ts",
      "workers/pool.ts",
    ]),
  ).toEqual([
    "tools/design/create.ts has no test: write tests/tools/design/create.test.ts.",
    "src/export/formats/glb.ts has no test: write tests/export/formats/glb.test.ts.",
    "workers/design.build.ts has no test: write tests/workers/design.build.test.ts.",
    "workers/backends/blender.ts has no test: write tests/workers/backends/blender.test.ts.",
  ])
  expect(shapeViolations(["tools/design/create.ts", "tests/tools/design/create.test.ts"])).toEqual([])
})
