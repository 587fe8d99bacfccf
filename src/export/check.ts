import { UserError } from "#src/errors.ts"
import type { Model, Part } from "#src/geometry/mesh.ts"

/** Limits of one exported file; far above any piece of jewellery, below what exhausts memory. */
const MAX_PARTS = 5_000
const MAX_TRIANGLES = 4_000_000
/** mm from the origin: 100 m; float32 keeps 0.01 mm there. */
const MAX_COORDINATE = 100_000

/** Throws UserError that names the part when a mesh could not be read back by any program. */
export function checkModel(model: Model): void {
  if (model.parts.length > MAX_PARTS)
    throw new UserError(
      `The model has ${model.parts.length} parts.`,
      `One file holds at most ${MAX_PARTS}.`,
      "too_large",
    )
  const triangles = model.parts.reduce((sum, part) => sum + part.mesh.indices.length / 3, 0)
  if (triangles > MAX_TRIANGLES)
    throw new UserError(
      `The model has ${Math.ceil(triangles)} triangles.`,
      `One file holds at most ${MAX_TRIANGLES}; simplify it first.`,
      "too_large",
    )
  for (const part of model.parts) checkPart(part)
}

function checkPart(part: Part): void {
  const { positions, indices } = part.mesh
  const name = `Part "${part.name.slice(0, 60)}"`
  const remedy = "Build the model again; if this comes back, report it with the recipe."
  if (indices.length === 0)
    throw new UserError(`${name} has 0 triangles.`, "Leave the part out, or make it larger than zero.")
  if (indices.length % 3 !== 0 || positions.length % 3 !== 0)
    throw new UserError(
      `${name} has ${indices.length} indices and ${positions.length} coordinates: both must be threes.`,
      remedy,
    )
  const wrong = positions.findIndex((value) => !(Math.abs(value) <= MAX_COORDINATE)) // also true for NaN
  if (wrong >= 0)
    throw new UserError(
      `${name} has the coordinate ${positions[wrong]} mm at vertex ${Math.floor(wrong / 3)}.`,
      `Coordinates must be numbers within ±${MAX_COORDINATE} mm.`,
    )
  const vertices = positions.length / 3
  const outside = indices.findIndex((index) => index >= vertices)
  if (outside >= 0) throw new UserError(`${name} refers to vertex ${indices[outside]}, but has ${vertices}.`, remedy)
}
