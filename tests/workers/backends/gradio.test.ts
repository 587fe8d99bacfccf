import { afterEach, describe, expect, test } from "vitest"
import { makeGlb, PNG } from "#tests/servers/glb.ts"
import {
  AppError,
  startGradio,
  type AppFunction,
  type CallContext,
  type GradioServer,
  type GradioVersion,
} from "#tests/servers/gradio/server.ts"
import { readJson, serveLocally } from "#tests/servers/local.ts"
import { attempt, failureOf, serverRef, type AttemptOptions } from "#tests/workers/backends/attempt.ts"
import { backend } from "#workers/backends/gradio.ts"
import { gradioApps } from "#workers/backends/gradio/apps.ts"

let server: GradioServer
afterEach(() => server.close())

const VERSIONS: GradioVersion[] = ["4.44.1", "5.49.1", "6.31.0"]
const picture = { name: "my cat.png", bytes: PNG }
const run = (order: object, options: AttemptOptions) => attempt(backend, server.url, order, options)
const probe = (settings: object) =>
  backend.probe(serverRef("gradio", server.url, { settings }), new AbortController().signal)

/** An app of one function that gets the picture and a number. */
const app = {
  title: "Toy",
  calls: [
    {
      fn: "make",
      inputs: [
        { from: "image" },
        { from: "number", name: "steps", min: 1, max: 50, default: 12, whole: true },
        { from: "seed" },
      ],
    },
  ],
  output: 1,
}
const make = (work: AppFunction["run"]): Record<string, AppFunction> => ({ make: { inputs: 3, run: work } })
const glb = ({ file }: CallContext, bytes: Uint8Array = makeGlb()) => [null, file("my model.glb", bytes)]
const order = { image: picture, seed: 7 }
const settings = { app }

describe.each(VERSIONS)("an app on Gradio %s", (version) => {
  test("gets the uploaded picture and the numbers, and its file is fetched below its own address", async () => {
    let got: unknown[] = []
    server = await startGradio(
      make((call) => {
        got = call.data
        return glb(call)
      }),
      { version },
    )
    const { made } = run({ ...order, numbers: { steps: 20 } }, { settings })
    const { files, effective } = await made
    expect(files).toEqual([{ name: "model.glb", bytes: makeGlb(), role: "result" }])
    expect(effective).toMatchObject({ model: "Toy", gradio: version, seed: 7, steps: 20, triangles: 2 })
    const [path, bytes] = [...server.uploads][0] ?? []
    expect(bytes).toEqual(Buffer.from(PNG))
    expect(got).toEqual([expect.objectContaining({ path, meta: { _type: "gradio.FileData" } }), 20, 7])
    // What a person called their file stays here.
    expect(path).toMatch(/picture\.png$/)
  })

  test("of several functions keeps its state from one call to the next", async () => {
    server = await startGradio(trellis, { version })
    const { made, told } = run({ image: picture, seed: 3 }, { settings: { app: "trellis" } })
    expect((await made).files[0]?.bytes).toEqual(makeGlb())
    expect(told.map((it) => it.text)).toEqual([
      "sending the picture",
      "TRELLIS: start session",
      "TRELLIS: preprocess image",
      "TRELLIS: image to 3d",
      "TRELLIS: image to 3d, part 1",
      "TRELLIS: extract glb",
      "fetching the model",
    ])
    const sessions = server.seen
      .filter((it) => it.method === "POST" && it.path.includes("/call/"))
      .map((it) => readJson(it)["session_hash"])
    expect(new Set(sessions).size).toBe(1)
  })

  test("that fails is told as a failure, with its words where it has some", async () => {
    server = await startGradio(
      make(() => {
        throw new AppError("No image uploaded!")
      }),
      { version },
    )
    expect(await failureOf(run(order, { settings }).made)).toBe(
      version === "6.31.0"
        ? "input: the app failed: No image uploaded!"
        : "transient: the app failed and does not say why; its log knows",
    )
  })

  test("whose stream breaks is lost with its run, and started again by the next attempt", async () => {
    let runs = 0
    const listens = Promise.withResolvers<void>()
    server = await startGradio(
      make(async (call) => {
        call.emit("generating", ["part"])
        if (++runs === 1) await listens.promise
        return glb(call)
      }),
      { version },
    )
    const first = run(order, {
      settings,
      onProgress: ({ text }) => {
        if (text !== "Toy: make, part 1") return
        server.cut()
        listens.resolve()
      },
    })
    expect(await failureOf(first.made)).toMatch(/^transient: the connection broke before its answer was complete/)
    expect(first.kept).toEqual([])
    await run(order, { settings, handle: {} }).made
    expect(runs).toBe(2)
  })

  test("is probed by its functions, and is another one after a restart", async () => {
    server = await startGradio(make(glb), { version })
    const before = await probe(settings)
    expect(before).toMatchObject({ ok: true, detail: `Toy on Gradio ${version}`, version, busy: 0 })
    await server.close()
    server = await startGradio(make(glb), { version })
    expect((await probe(settings)).instanceId).not.toBe(before.instanceId)
  })
})

const trellis: Record<string, AppFunction> = {
  start_session: { inputs: 0, run: () => [] },
  preprocess_image: { inputs: 1, run: ({ file }) => [file("cut out.png", PNG)] },
  image_to_3d: {
    inputs: 9,
    run: ({ data, state, emit }) => {
      state.set("asset", (data[0] as { path: string }).path) // a file, as preprocess_image gave it
      emit("heartbeat")
      emit("generating", [null, "frame"])
      return [null, "video.mp4"]
    },
  },
  extract_glb: {
    inputs: 3,
    run: ({ state, file }) => {
      if (!String(state.get("asset")).endsWith("cut out.png")) throw new Error("no asset in this session")
      // A download button gets its file by an update.
      const model = file("sample.glb", makeGlb())
      return [model, { __type__: "update", interactive: true, value: model }]
    },
  },
}

describe("a description", () => {
  const preset = (functions: Record<string, AppFunction>, app: keyof typeof gradioApps) => async () => {
    server = await startGradio(functions)
    expect(await probe({ app })).toMatchObject({ ok: true })
    expect((await run({ image: picture }, { settings: { app } }).made).effective).toMatchObject({ triangles: 2 })
  }
  test("of TRELLIS fits its app", preset(trellis, "trellis"))

  test(
    "of TripoSR fits its app",
    preset(
      {
        preprocess: { inputs: 3, run: ({ file }) => [file("cut.png", PNG)] },
        generate: { inputs: 2, run: ({ file }) => [file("m.obj", PNG), file("m.glb", makeGlb())] },
      },
      "triposr",
    ),
  )

  test(
    "of Stable Fast 3D fits its app, which cuts the picture out first and keeps it",
    preset(
      {
        run_button: {
          inputs: 7,
          run: ({ data, state, file }) => {
            if (data[0] === "Remove Background") {
              state.set("cut", data[1])
              return [{ value: "Run", __type__: "update" }, null, null, {}, {}, {}]
            }
            if (!state.has("cut")) throw new Error("'NoneType' object has no attribute 'resize'")
            return [{}, {}, {}, {}, { value: file("m.glb", makeGlb()), visible: true, __type__: "update" }, {}]
          },
        },
      },
      "sf3d",
    ),
  )

  test(
    "of Step1X-3D fits its app, and takes the painted model of the two",
    preset(
      { generate_func: { inputs: 6, run: ({ file }) => [file("g.glb", new Uint8Array(9)), file("t.glb", makeGlb())] } },
      "step1x-3d",
    ),
  )

  test("says where it comes from", async () => {
    server = await startGradio({})
    expect(Object.values(gradioApps).map((it) => it.known)).toEqual(Array(4).fill("documentation"))
  })

  test("that does not fit the app is told by the probe, and no order is sent", async () => {
    server = await startGradio({ other: { inputs: 1, run: () => [] }, make: { inputs: 2, run: () => [] } })
    expect(await probe({ app: "triposr" })).toMatchObject({
      ok: false,
      detail: "the app there is not TripoSR as described: it has no function preprocess; it has other, make",
    })
    const failure = await failureOf(run(order, { settings }).made)
    expect(failure).toBe("fatal: the app there is not Toy as described: make takes 2 values, and 3 are described")
    expect(server.uploads.size).toBe(0)
  })

  test.each([
    [
      "reaches for a later result",
      { ...app, calls: [{ fn: "make", inputs: [{ from: "result", call: 0, output: 0 }] }] },
    ],
    ["has an address for a name", { ...app, calls: [{ fn: "../../config", inputs: [] }] }],
    ["has no calls", { ...app, calls: [] }],
    ["has a word too many", { ...app, shell: "rm" }],
  ])("that %s is refused when it is set", async (_, wrong) => {
    server = await startGradio({})
    expect(backend.settings.safeParse({ app: wrong }).success).toBe(false)
  })
})

describe("an order", () => {
  test.each([
    [{ seed: 1 }, "input: Toy needs a picture"],
    [{ ...order, numbers: { steps: 51 } }, "input: steps is 51, but must be a whole number from 1 to 50"],
    [{ ...order, numbers: { steps: 1.5 } }, "input: steps is 1.5, but must be a whole number from 1 to 50"],
    [{ ...order, numbers: { speed: 1 } }, 'input: Toy has no "speed"; it has steps'],
    [
      { image: { name: "x", bytes: new Uint8Array(99) } },
      "input: the picture is none of the kinds it takes: PNG, JPEG, WEBP",
    ],
    [{ image: { name: "x", path: "/nowhere/x.png" } }, "input: x cannot be read where the worker runs"],
  ])("that does not fit is refused in words: %j", async (wrong, expected) => {
    server = await startGradio(make(glb))
    expect(await failureOf(run(wrong, { settings }).made)).toBe(expected)
  })

  test("without a seed gets one, which is told", async () => {
    server = await startGradio(make(glb))
    const { effective } = await run({ image: picture }, { settings }).made
    expect(effective["seed"]).toBe(
      readJson(server.seen.find((it) => it.path.endsWith("/call/make")) as never)["data"]?.[2 as never],
    )
  })
})

describe("failures", () => {
  test("a full queue is tried later", async () => {
    const gate = Promise.withResolvers<unknown[]>()
    server = await startGradio(
      make(() => gate.promise),
      { maxQueue: 0 },
    )
    expect(await failureOf(run(order, { settings }).made)).toBe("transient: its queue is full")
    gate.resolve([])
  })

  test("too little memory sends the order to another server", async () => {
    server = await startGradio(
      make(() => {
        throw new Error("CUDA out of memory. Tried to allocate 2.00 GiB")
      }),
      { showError: true },
    )
    expect(await failureOf(run(order, { settings }).made)).toMatch(/^capacity: the app failed: CUDA out of memory/)
  })

  test("a crash of the app is tried again, and its words are kept short", async () => {
    server = await startGradio(
      make(() => {
        throw new Error(`boom\n${"x".repeat(9_000)}`)
      }),
      { showError: true },
    )
    const failure = await failureOf(run(order, { settings }).made)
    expect(failure).toMatch(/^transient: the app failed: boom x+…$/)
    expect(failure.length).toBeLessThan(400)
  })

  test("an app that stops says so", async () => {
    server = await startGradio(
      make(() => {
        server.stop()
        return new Promise(() => undefined)
      }),
    )
    expect(await failureOf(run(order, { settings }).made)).toBe("transient: it gave up: Server stopped unexpectedly.")
  })

  test("a silent stream ends: Gradio would have said a heartbeat", async () => {
    server = await startGradio(make(() => new Promise(() => undefined)))
    const made = run(order, { settings: { app, silenceS: 1 } }).made
    expect(await failureOf(made)).toBe("transient: it did not answer in time")
  })

  test("a run that is stopped closes its connection, which is how Gradio learns of it", async () => {
    const stop = new AbortController()
    server = await startGradio(
      make(({ emit }) => {
        emit("generating", ["part"])
        return new Promise(() => undefined)
      }),
    )
    const { made } = run(order, {
      settings,
      signal: stop.signal,
      onProgress: ({ text }) => void (text.endsWith("part 1") && stop.abort(new Error("enough"))),
    })
    await expect(made).rejects.toThrow("enough")
    await expect.poll(() => server.dropped()).toBe(1)
  })

  test("a result that lies elsewhere is not fetched", async () => {
    const elsewhere = await serveLocally((_, response) => void response.end())
    server = await startGradio(
      make(() => [null, { path: `${elsewhere.url}/model.glb`, url: `${elsewhere.url}/model.glb` }]),
    )
    expect(await failureOf(run(order, { settings }).made)).toBe(
      "fatal: its result lies on another server, and is not fetched from there",
    )
    expect(elsewhere.seen).toEqual([])
    await elsewhere.close()
  })

  test("a file that the app does not hand out, no file, and a file that is no model", async () => {
    let outputs: (call: CallContext) => unknown[] = () => [null, { path: "/etc/passwd" }]
    server = await startGradio(make((call) => outputs(call)))
    expect(await failureOf(run(order, { settings }).made)).toMatch(/^fatal: /)
    outputs = () => [null, null]
    expect(await failureOf(run(order, { settings }).made)).toBe("transient: it finished without a file")
    outputs = (call) => glb(call, makeGlb([[0, 0, 0, 0, 0, 0, 0, 0, 0]]))
    expect(await failureOf(run(order, { settings }).made)).toBe(
      "transient: the model it sent is broken: it has no extent",
    )
  })

  test("an endless event is cut off", async () => {
    server = await startGradio(make(() => ["x".repeat(5 * 1024 ** 2)]))
    expect(await failureOf(run(order, { settings }).made)).toBe("fatal: its stream is refused: an event is too long")
  })

  test("a server that is away is told by the probe", async () => {
    server = await startGradio({})
    await server.close()
    expect(await probe(settings)).toEqual({ ok: false, detail: "it cannot be reached (ECONNREFUSED)" })
    server = await startGradio({})
  })
})
