import { expect, test } from "vitest"
import { makeGlb } from "#tests/servers/glb.ts"
import { checkGlb } from "#workers/backends/shared/glb-check.ts"

test("a sound model tells its triangles and bounds", () => {
  expect(checkGlb(makeGlb())).toEqual({ triangles: 2, min: [0, 0, 0], max: [1, 1, 1], textures: 0 })
})

test("compressed points are judged by what the file says of them", () => {
  const compressed = makeGlb(undefined, (gltf) => ({
    ...gltf,
    bufferViews: [{ buffer: 0, byteLength: 10, extensions: { EXT_meshopt_compression: {} } }],
  }))
  expect(checkGlb(compressed)).toMatchObject({ triangles: 2, max: [1, 1, 1] })
})

const longer = new Uint8Array([...makeGlb(), 0, 0, 0, 0])
test.each([
  ["cut off", makeGlb().subarray(0, -8), /^it says \d+ bytes and has \d+$/],
  ["followed by something else", longer, /^it says/],
  ["an error page", new TextEncoder().encode("<html>Internal Server Error</html>"), "it is no GLB"],
  ["nothing", new Uint8Array(), "it is too short"],
  ["without triangles", makeGlb(undefined, (gltf) => ({ ...gltf, meshes: [] })), "it has no triangles"],
  ["with points that are no numbers", makeGlb([[0, 0, 0, 1, NaN, 0, 0, 1, 0]]), /^its points are not finite/],
  ["with infinite points", makeGlb([[0, 0, 0, 1, Infinity, 0, 0, 1, 0]]), /^its points are not finite/],
  ["collapsed into a point", makeGlb([[1, 1, 1, 1, 1, 1, 1, 1, 1]]), "it has no extent"],
  [
    "with more points than data",
    makeGlb(undefined, (gltf) => ({ ...gltf, bufferViews: [{ buffer: 0, byteLength: 9, byteOffset: 60 }] })),
    /^its points are not finite numbers, or not there$/,
  ],
  [
    "that reads files next to it",
    makeGlb(undefined, (gltf) => ({ ...gltf, images: [{ uri: "../../secret.png" }] })),
    "it refers to files outside of it",
  ],
  ["that is no glTF inside", makeGlb(undefined, () => ({ meshes: 7 })), "its description is not glTF"],
])("a file %s is no model", (_, bytes, why) => {
  const said = checkGlb(bytes)
  if (typeof why === "string") expect(said).toBe(why)
  else expect(said).toMatch(why)
})
