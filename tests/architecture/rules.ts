/**
 * Who may import whom, as data. The first zone whose `files` match a file is the one that binds it; a file that no zone
 * matches breaks the rules by itself. Patterns are repository paths: `*` is one name, `**` any depth, `{a,b}` either,
 * `<family>` one name that must be the same in `files` and in `may`.
 */
export interface Zone {
  files: string
  /** What its files may load. Its own words (see WORDS) are always free. */
  may: string[]
  /** What it may name in types only, beyond `may`. */
  types?: string[]
  /** No file system, network, clock, chance or process: builtins other than `builtins` and ambient globals are refused. */
  pure?: boolean
  /** Builtins that a pure zone may use all the same. */
  builtins?: string[]
  why: string
  /** What to do instead, told with the violation. */
  instead: string
}

/** The words everything is written in: free for all code. */
export const WORDS = "src/{studio,tool,job,errors,artifact-ref}.ts"

/** Families of the domain: one name on every level of the tree. */
export const PURE_FAMILIES = ["design", "media", "storyboard", "production", "model3d", "book"]
/** Tool families without a domain folder of their own. */
export const TOOL_ONLY_FAMILIES = ["studio", "admin"]

export const zones: Zone[] = [
  {
    files: "src/{main,compose,serve,families}.ts",
    may: ["**"],
    why: "the composition root puts everything together",
    instead: "",
  },
  {
    files: "src/launch.js",
    may: ["src/main.ts"],
    why: "the launcher must load on an old Node, which cannot read TypeScript",
    instead: "put it into src/main.ts, or into plain JavaScript builtins",
  },
  {
    files: WORDS,
    may: [],
    types: ["src/platform/**"],
    why: "the words are below everything, so they load nothing but each other",
    instead: "move what needs more into the room that needs it",
  },
  {
    files: "src/{design,media,storyboard,production,model3d,book}/**/*.store.ts",
    may: [`src/<family>/**`, "src/geometry/**", "src/platform/store/**"],
    why: "a store file is where a family meets the database, and nothing else",
    instead: "take what you need as an argument from the tool or the job",
  },
  {
    files: "src/{design,media,storyboard,production,model3d,book}/**",
    may: ["src/<family>/**", "src/geometry/**"],
    pure: true,
    why: "a family is pure: same input, same result, testable without a disk, a network or a clock",
    instead: "take it as an argument, or move the reading and writing to tools/, workers/ or a *.store.ts",
  },
  {
    files: "src/export/formats.ts",
    may: ["src/export/**"],
    pure: true,
    builtins: ["node:fs/promises"],
    why: "the list of formats is the list of files in its folder, and nothing else is read here",
    instead: "pass the data in; let the worker write the file",
  },
  {
    files: "src/export/**",
    may: ["src/export/**", "src/geometry/**"],
    types: ["src/{design,media,storyboard,production,model3d,book}/**"],
    pure: true,
    builtins: ["node:buffer", "node:zlib"],
    why: "a format turns plain data into bytes; it knows the shapes of the families, not their code",
    instead: "pass the data in; let the worker write the file",
  },
  {
    files: "src/geometry/**",
    may: ["src/geometry/**"],
    why: "the shared kernel of several families must not know any of them",
    instead: "move the family's part to the family and pass meshes, solids and materials",
  },
  {
    files: "src/conversation/**",
    may: [
      "src/conversation/**",
      "src/platform/{llm,prompts}/**",
      "src/platform/{llm,prompts,log}.ts",
      "tools/{registry,issues}.ts",
    ],
    types: ["src/platform/**"],
    why: "a conversation knows the tools by their schemas and no platform's SDK",
    instead: "call the tool through the registry, or take the function as an argument from src/main.ts",
  },
  {
    files: "src/platform/**",
    may: ["src/platform/**", "package.json"],
    types: ["tools/registry.ts", "workers/backend.ts"],
    why: "the platform carries every family and knows none of them",
    instead: "take the registry, the handlers or the function as an argument from src/main.ts",
  },
  {
    files: "tools/{registry,issues}.ts",
    may: ["tools/**"],
    why: "the registry finds the tool files by their folder",
    instead: "take it as an argument",
  },
  {
    files: "tools/<family>/**",
    may: ["src/{design,media,storyboard,production,model3d,book,export,geometry,platform,conversation}/**"],
    why: "a tool is one file over src: it knows no surface, no worker and no other tool",
    instead:
      "move what two tools share into the family, and long work into a job contract (src/<family>/<verb>.job.ts)",
  },
  {
    files: "workers/**",
    may: ["src/{design,media,storyboard,production,model3d,book,export,geometry,platform}/**", "workers/**"],
    why: "a worker does one job of a family, away from tools and surfaces",
    instead: "move what it shares with a tool into the family",
  },
  {
    files: "bots/web/viewer/build.ts",
    may: [],
    why: "the bundle is built from its folder by itself",
    instead: "put it into the browser code or into the page",
  },
  {
    files: "bots/web/viewer/**",
    may: ["bots/web/viewer/**"],
    types: ["src/geometry/**"],
    why: "browser code is built by itself and loads nothing of the server",
    instead: "send it over HTTP, or write it into the page",
  },
  {
    files: "bots/web/mcp-app/{main,host,result}.ts",
    may: ["bots/web/mcp-app/**", "bots/web/viewer/**"],
    why: "the view of MCP Apps is browser code around the same viewer",
    instead: "send it in the tool result, or let the host fetch it as a resource",
  },
  {
    files: "bots/web/app/build.ts",
    may: [],
    why: "the bundle is built from its folder by itself",
    instead: "put it into the browser code or into the page",
  },
  {
    files: "bots/web/app/**",
    may: ["bots/web/app/**"],
    types: ["bots/web/api/types.ts", "bots/web/viewer/**"],
    why: "browser code is built by itself and loads nothing of the server; the 3D part comes with the first model",
    instead: "send it over HTTP, or write it into the page",
  },
  {
    files: "bots/<surface>/**",
    may: ["bots/<surface>/**", "src/conversation/**", "src/platform/**", "tools/registry.ts"],
    why: "a surface is a thin adapter: it renders replies and knows no family",
    instead: "put it into the tool's reply, or take the function as an argument from src/main.ts",
  },
  {
    files: "{bench,docs}/**",
    may: ["{src,tools,workers,bench,docs,tests}/**"],
    why: "benchmarks and generators look at everything and are loaded by nothing",
    instead: "",
  },
  { files: "tests/**", may: ["**"], why: "tests look at everything", instead: "" },
]

/** One door per library: the only files that may load it. Tests, benchmarks and generators are free. */
export interface Door {
  library: string
  files: string[]
  why: string
}

export const doors: Door[] = [
  { library: "zod", files: ["**"], why: "schemas are the language of the house" },
  { library: "@modelcontextprotocol/server", files: ["src/platform/mcp/**"], why: "one protocol, one room" },
  { library: "@modelcontextprotocol/node", files: ["src/platform/mcp/**"], why: "one protocol, one room" },
  { library: "@modelcontextprotocol/ext-apps", files: ["src/platform/mcp/**"], why: "one protocol, one room" },
  { library: "ai", files: ["src/platform/llm/**", "src/conversation/**"], why: "models are exchanged in one place" },
  {
    library: "@ai-sdk/provider",
    files: ["src/platform/llm/**", "src/conversation/**"],
    why: "a model is an object of this shape, whoever made it",
  },
  { library: "@ai-sdk/openai-compatible", files: ["src/platform/llm/provider.ts"], why: "one place knows providers" },
  { library: "@ai-sdk/openai", files: ["src/platform/llm/provider.ts"], why: "one place knows providers" },
  { library: "@ai-sdk/anthropic", files: ["src/platform/llm/provider.ts"], why: "one place knows providers" },
  { library: "better-sqlite3", files: ["src/platform/store/**"], why: "transactions and pragmas are set once" },
  {
    library: "bullmq",
    files: ["src/platform/queue/lanes/bullmq.*.ts"],
    why: "a lane is a driver",
  },
  {
    library: "ioredis",
    files: ["src/platform/queue/lanes/bullmq.*.ts"],
    why: "a lane is a driver",
  },
  { library: "discord.js", files: ["bots/discord/**"], why: "no other room knows a chat platform" },
  { library: "@slack/bolt", files: ["bots/slack/**"], why: "no other room knows a chat platform" },
  {
    library: "hono",
    files: ["src/platform/http/**", "src/platform/mcp/**", "bots/web/**"],
    why: "HTTP is served by one program",
  },
  { library: "@hono/node-server", files: ["src/platform/http/**"], why: "one server listens" },
  { library: "pino", files: ["src/platform/log.ts"], why: "logs have one shape and go to stderr" },
  {
    library: "prom-client",
    files: ["src/platform/metrics.ts", "src/platform/metrics/**"],
    why: "metrics have one register",
  },
  {
    library: "yaml",
    files: ["src/platform/prompts.ts", "src/platform/prompts/**"],
    why: "only prompts have front matter",
  },
  {
    library: "file-type",
    files: ["src/platform/artifacts/**", "src/platform/artifacts.ts"],
    why: "media types are told by content in one place",
  },
  {
    library: "sharp",
    files: ["src/geometry/render/**", "src/platform/artifacts/**", "src/storyboard/panels/**", "bots/terminal/**"],
    why: "pictures are encoded where they are made, stored, or turned into a terminal's own graphics",
  },
  { library: "manifold-3d", files: ["src/geometry/**"], why: "solids have one kernel" },
  {
    library: "meshoptimizer",
    files: ["src/geometry/**", "src/export/**", "bots/web/viewer/**"],
    why: "mesh libraries stay in the kernel and the formats; the viewer decodes",
  },
  { library: "three-mesh-bvh", files: ["src/geometry/**"], why: "mesh libraries stay in the kernel" },
  {
    library: "three",
    files: ["src/geometry/**", "bots/web/viewer/**"],
    why: "mesh libraries stay in the kernel; the viewer draws",
  },
  {
    library: "@gltf-transform/core",
    files: ["src/geometry/**", "src/export/**"],
    why: "all GLB writing goes through one library",
  },
  {
    library: "@gltf-transform/extensions",
    files: ["src/geometry/**", "src/export/**"],
    why: "all GLB writing goes through one library",
  },
  {
    library: "@gltf-transform/functions",
    files: ["src/geometry/**", "src/export/**"],
    why: "all GLB writing goes through one library",
  },
  {
    library: "gltf-validator",
    files: ["src/geometry/**", "src/export/**", "workers/**"],
    why: "a GLB is checked where it is written",
  },
  { library: "assemblyscript", files: ["src/geometry/render/tracer/build.ts"], why: "only the tracer is compiled" },
  { library: "esbuild", files: ["bots/web/*/build.ts"], why: "only the browser code is built" },
  { library: "fflate", files: ["src/export/**", "src/geometry/**"], why: "zip containers are formats" },
  { library: "supports-terminal-graphics", files: ["bots/terminal/**"], why: "only the terminal draws in a terminal" },
]

/** Build steps: they run on a developer's machine and may use what is installed for development only. */
export const BUILD_STEPS =
  "{bots/web/viewer/build.ts,bots/web/mcp-app/build.ts,bots/web/app/build.ts,src/geometry/render/tracer/build.ts}"

/** Rooms that no door is closed to. */
export const FREE_OF_DOORS = "{tests,bench,docs}/**"
