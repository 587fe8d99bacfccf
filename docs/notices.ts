import { existsSync, readFileSync } from "node:fs"
import { z } from "zod"

/** What may be used without asking: licences that let the studio itself stay under MIT. */
const ALLOWED = [
  "MIT",
  "MIT-0",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MPL-2.0",
  "0BSD",
  "CC0-1.0",
  "BlueOak-1.0.0",
  "Unlicense",
]

/** Other licences that were looked at, each with the reason why it may stay. */
const EXCEPTIONS = [
  {
    name: /^@img\/sharp-(libvips|win32|wasm32)/,
    licence: "LGPL-3.0-or-later",
    reason:
      "libvips and the libraries under it, as the prebuilt dynamic library of sharp: installed as a package of its own, not changed, " +
      "not linked into the studio's code, and replaceable by another build of libvips (https://sharp.pixelplumbing.com/install).",
  },
]

/** Files that are built from other people's code and committed. */
const BUNDLED = [
  {
    file: "bots/web/viewer/dist/viewer.js",
    holds: "three.js, the decoder of meshoptimizer",
    licence: "MIT; the texts stand beside it in LICENSES.txt",
  },
  {
    file: "src/geometry/render/tracer/*.wasm",
    holds: "the run-time library of AssemblyScript",
    licence: "Apache-2.0, https://github.com/AssemblyScript/assemblyscript",
  },
]

const packageLock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      license: z.string().optional(),
      dev: z.boolean().optional(),
      optional: z.boolean().optional(),
    }),
  ),
})
const manifest = z.object({
  repository: z.union([z.string(), z.object({ url: z.string() })]).optional(),
  homepage: z.string().optional(),
})

export interface Dependency {
  name: string
  version: string
  licence: string
  link: string
  /** Installed on some machines only (another platform's build, an optional part). */
  optional: boolean
}

/** Every package that runs in production, from the lock file, so that the list is the same on every machine. */
export function productionDependencies(root: string): Dependency[] {
  const { packages } = packageLock.parse(JSON.parse(readFileSync(`${root}package-lock.json`, "utf8")))
  const found = Object.entries(packages)
    .filter(([path, entry]) => path !== "" && !entry.dev)
    .map(([path, entry]) => {
      const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)
      const optional = entry.optional === true
      const registry = `https://www.npmjs.com/package/${name}`
      const link = optional ? registry : (repositoryOf(`${root}${path}/package.json`) ?? registry)
      return { name, version: entry.version ?? "?", licence: entry.license ?? "none", link, optional }
    })
  const byKey = new Map(found.map((it) => [`${it.name} ${it.version}`, it]))
  return [...byKey.values()].sort((a, b) =>
    a.name === b.name ? (a.version < b.version ? -1 : 1) : a.name < b.name ? -1 : 1,
  )
}

/** The page of a repository, from whatever of the many forms its package.json uses. */
function repositoryOf(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  const { repository, homepage } = manifest.parse(JSON.parse(readFileSync(path, "utf8")))
  const url = typeof repository === "object" ? repository.url : repository
  const github = /(?:github\.com[/:]|^github:|^)([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(url ?? "")
  return github ? `https://github.com/${github[1]}` : (homepage ?? url?.replace(/^git\+/, "").replace(/\.git$/, ""))
}

/** Reads an SPDX expression of AND, OR and brackets: the licences that are neither allowed nor excepted, if any. */
export function refusedLicences(name: string, expression: string): string[] {
  const excepted = EXCEPTIONS.filter((it) => it.name.test(name)).map((it) => it.licence)
  const alternatives = expression
    .replaceAll(/[()]/g, "")
    .split(" OR ")
    .map((part) => part.split(" AND ").map((licence) => licence.trim()))
    .map((licences) => licences.filter((licence) => !ALLOWED.includes(licence) && !excepted.includes(licence)))
  return alternatives.some((refused) => refused.length === 0) ? [] : [...new Set(alternatives.flat())]
}

/** Throws when a dependency's licence is one that nobody has agreed to. */
export function renderNotices(dependencies: readonly Dependency[]): string {
  const refused = dependencies.flatMap((it) =>
    refusedLicences(it.name, it.licence).map((licence) => `${it.name} ${it.version}: ${licence}`),
  )
  if (refused.length > 0)
    throw new Error(
      `licences outside the list in docs/notices.ts:\n${refused.join("\n")}\nUse another package, or add an exception with its reason.`,
    )
  const excepted = (it: Dependency) =>
    EXCEPTIONS.some((exception) => exception.name.test(it.name) && it.licence.includes(exception.licence))
  return [
    "# Third-party notices",
    "",
    "Written by `npm run docs` from the lock file; do not edit by hand. Atelier itself is under the MIT licence (see LICENSE).",
    "",
    "## In every installation",
    "",
    ...table(dependencies.filter((it) => !it.optional)),
    "",
    "## On some platforms, or as an optional part",
    "",
    "`node` fetches the Node.js runtime (MIT; the notices of what is inside stand in its own LICENSE).",
    "",
    ...table(dependencies.filter((it) => it.optional && !excepted(it))),
    "",
    "## Under other licences",
    "",
    ...EXCEPTIONS.flatMap((exception) => [`${exception.licence}: ${exception.reason}`, ""]),
    ...table(dependencies.filter(excepted)),
    "",
    "## Inside files of this repository",
    "",
    "| file | holds | licence |",
    "|---|---|---|",
    ...BUNDLED.map((it) => `| ${it.file} | ${it.holds} | ${it.licence} |`),
    "",
  ].join("\n")
}

function table(dependencies: readonly Dependency[]): string[] {
  return [
    "| package | version | licence | source |",
    "|---|---|---|---|",
    ...dependencies.map((it) => `| ${it.name} | ${it.version} | ${it.licence} | ${it.link} |`),
  ]
}
