// All samples of one pixel. A first ray through every pixel centre says what is there and around it; open background takes
// few samples, the model many, edges most.
import * as at from "./header"
import { aim, eyeX, eyeY, eyeZ, rayX, rayY, rayZ } from "./camera"
import { bandB, bandG, bandR } from "./fresnel"
import { fireB, fireG, fireR, glossB, glossG, glossR, lookInto } from "./gem"
import { lobe, outX, outY, outZ, scatter, weightB, weightG, weightR } from "./ggx"
import { arrivedAll, arrivedB, arrivedG, arrivedR, blockedAt, sampleGround } from "./ground"
import { luminance, max3 } from "./numbers"
import { followPath, FROM_OPAQUE, pathB, pathG, pathR } from "./path"
import { nextPair, sampleU, sampleV, SEQUENCE, startSample } from "./sampler"
import { address, real, word } from "./shared"
import { gx, gy, gz, isGem, material, meet, nx, ny, nz, offset, property, px, py, pz } from "./surface"
import { ANY, FAR, hitPart } from "./traverse"

/** Radius of the tent filter, in pixels. */
const FILTER: f32 = 0.8
/** Most light of one sample. */
const SAMPLE_LIMIT: f32 = 24
const PATH_BOUNCES: i32 = 4
/** How fast the weight of a sample falls with its brightness; the exposure of the picture. */
const SCREEN: f32 = 0.55
/** Most light that the first opaque surface may receive. */
const FIRST_LIMIT: f32 = 9

let width: i32 = 0
let height: i32 = 0
let groundY: f32 = 0
let radianceAt: usize = 0
let albedoAt: usize = 0
let normalAt: usize = 0
let groundAt: usize = 0
let distanceAt: usize = 0
let classAt: usize = 0
/** Blocked rays shorter than this belong to a contact shadow: some 30 pixels. */
let contact: f32 = 0

export function bindPixels(): void {
  width = word(at.WIDTH)
  height = word(at.HEIGHT)
  groundY = real(at.GROUND_Y)
  radianceAt = address(at.AT_RADIANCE)
  albedoAt = address(at.AT_ALBEDO)
  normalAt = address(at.AT_NORMAL)
  groundAt = address(at.AT_GROUND)
  distanceAt = address(at.AT_DISTANCE)
  classAt = address(at.AT_SCRATCH)
  contact = real(at.PIXEL_SIZE) * 30
}

/** Notes normal and part (0 = none) behind the pixel's centre. */
export function classify(x: i32, y: i32): void {
  aim(<f32>x + <f32>0.5, <f32>y + <f32>0.5)
  const p = classAt + (<usize>(y * width + x) << 4)
  if (meet(eyeX, eyeY, eyeZ, rayX, rayY, rayZ, FAR, ANY)) v128.store(p, f32x4(nx, ny, nz, <f32>(hitPart + 1)))
  else v128.store(p, f32x4.splat(0))
}

/** Samples that the pixel deserves: by what its centre shows, and whether a neighbour shows something else. */
function deserved(x: i32, y: i32): i32 {
  const centre = v128.load(classAt + (<usize>(y * width + x) << 4))
  const part = f32x4.extract_lane(centre, 3)
  let edge = false
  for (let j = max<i32>(y - 1, 0); j <= min<i32>(y + 1, height - 1); j++)
    for (let i = max<i32>(x - 1, 0); i <= min<i32>(x + 1, width - 1); i++) {
      const other = v128.load(classAt + (<usize>(j * width + i) << 4))
      if (f32x4.extract_lane(other, 3) != part) edge = true
      else if (part != 0) {
        const d = f32x4.mul(centre, other)
        if (f32x4.extract_lane(d, 0) + f32x4.extract_lane(d, 1) + f32x4.extract_lane(d, 2) < <f32>0.9) edge = true
      }
    }
  if (edge) return word(at.SAMPLES_EDGE)
  if (part == 0) return word(at.SAMPLES_OPEN)
  return word(at.SAMPLES_OBJECT)
}

// Sums over the samples of the pixel.
let objects: i32 = 0
let stones: i32 = 0
let grounds: i32 = 0
let weights: f32 = 0
let stoneWeights: f32 = 0
let colourR: f32 = 0
let colourG: f32 = 0
let colourB: f32 = 0
let spectrumR: f32 = 0
let spectrumG: f32 = 0
let spectrumB: f32 = 0
let whiteR: f32 = 0
let whiteG: f32 = 0
let whiteB: f32 = 0
let squares: f32 = 0
let brightnesses: f32 = 0
let albedoR: f32 = 0
let albedoG: f32 = 0
let albedoB: f32 = 0
let strength: f32 = 0
let normalX: f32 = 0
let normalY: f32 = 0
let normalZ: f32 = 0
let litR: f32 = 0
let litG: f32 = 0
let litB: f32 = 0
let litAll: f32 = 0
let blocked: i32 = 0
let blockedDistance: f32 = 0

function clearSums(): void {
  objects = 0
  stones = 0
  grounds = 0
  weights = 0
  stoneWeights = 0
  colourR = 0
  colourG = 0
  colourB = 0
  spectrumR = 0
  spectrumG = 0
  spectrumB = 0
  whiteR = 0
  whiteG = 0
  whiteB = 0
  squares = 0
  brightnesses = 0
  albedoR = 0
  albedoG = 0
  albedoB = 0
  strength = 0
  normalX = 0
  normalY = 0
  normalZ = 0
  litR = 0
  litG = 0
  litB = 0
  litAll = 0
  blocked = 0
  blockedDistance = 0
}

export function renderPixel(x: i32, y: i32): void {
  clearSums()
  let samples = deserved(x, y)
  const full = word(at.SAMPLES_OBJECT)
  const seed = <u32>word(at.SEED)
  const number = <u32>(y * width + x)
  let taken = 0
  while (taken < samples) {
    startSample(number, seed, <u32>taken)
    takeSample(<f32>x, <f32>y)
    taken++
    // The first samples found a shadow, or a part of the model that the centres have missed.
    if (taken == samples && samples < full && (blocked > 0 || objects > 0)) samples = full
    else if (taken == samples && samples == full) {
      if (stones > 0) samples = max<i32>(full, word(at.SAMPLES_GEM))
      // Where the model touches the ground the shadow is too sharp to be smoothed much: it is sampled instead.
      else if (blocked > 0 && blockedDistance < contact * <f32>blocked) samples = min<i32>(full * 3, SEQUENCE)
    }
  }
  writePixel(<usize>number, <f32>taken)
}

function takeSample(x: f32, y: f32): void {
  nextPair()
  aim(x + <f32>0.5 + tent(sampleU), y + <f32>0.5 + tent(sampleV))
  const dx = rayX
  const dy = rayY
  const dz = rayZ
  if (meet(eyeX, eyeY, eyeZ, dx, dy, dz, FAR, ANY)) {
    objects++
    normalX += nx
    normalY += ny
    normalZ += nz
    if (isGem(material)) takeStone(dx, dy, dz)
    else takeOpaque(dx, dy, dz)
  } else if (dy < <f32>-1e-4 && eyeY > groundY) {
    grounds++
    const t = (groundY - eyeY) / dy
    sampleGround(eyeX + dx * t, groundY, eyeZ + dz * t)
    litR += arrivedR
    litG += arrivedG
    litB += arrivedB
    litAll += arrivedAll
    if (blockedAt > 0) {
      blocked++
      blockedDistance += blockedAt
    }
  }
}

// @ts-ignore: decorator
@inline function tent(u: f32): f32 {
  return u < <f32>0.5 ? (sqrt<f32>(u * 2) - 1) * FILTER : (<f32>1 - sqrt<f32>(<f32>2 - u * 2)) * FILTER
}

function takeStone(dx: f32, dy: f32, dz: f32): void {
  stones++
  albedoR += 1
  albedoG += 1
  albedoB += 1
  nextPair()
  lookInto(dx, dy, dz, sampleU)
  const gr = sane(glossR)
  const gg = sane(glossG)
  const gb = sane(glossB)
  const fr = sane(fireR)
  const fg = sane(fireG)
  const fb = sane(fireB)
  const w = note(gr + fr, gg + fg, gb + fb, SCREEN)
  stoneWeights += w
  colourR += gr * w
  colourG += gg * w
  colourB += gb * w
  spectrumR += fr * bandR * w
  spectrumG += fg * bandG * w
  spectrumB += fb * bandB * w
  whiteR += bandR * w
  whiteG += bandG * w
  whiteB += bandB * w
}

/** No sample is brighter than the limit, and none that went wrong in a needle of a triangle spoils its neighbours. */
// @ts-ignore: decorator
@inline function sane(light: f32): f32 {
  return light > 0 ? min<f32>(light, SAMPLE_LIMIT) : 0
}

function takeOpaque(dx: f32, dy: f32, dz: f32): void {
  const m = material
  albedoR += property(m, at.MATERIAL_BASE)
  albedoG += property(m, at.MATERIAL_BASE + 1)
  albedoB += property(m, at.MATERIAL_BASE + 2)
  strength += property(m, at.MATERIAL_STRENGTH)
  scatter(m, dx, dy, dz, false)
  const wr = weightR
  const wg = weightG
  const wb = weightB
  followPath(px + gx * offset, py + gy * offset, pz + gz * offset, outX, outY, outZ, PATH_BOUNCES, lobe, FROM_OPAQUE)
  const most = max3(pathR, pathG, pathB)
  const scale: f32 = most > FIRST_LIMIT ? FIRST_LIMIT / most : 1
  const r = sane(pathR * wr * scale)
  const g = sane(pathG * wg * scale)
  const b = sane(pathB * wb * scale)
  // The two lobes of other surfaces differ in weight, not in what the eye sees: there it would only darken.
  const w = note(r, g, b, SCREEN * property(m, at.MATERIAL_METALLIC))
  colourR += r * w
  colourG += g * w
  colourB += b * w
}

/**
 * Counts one sample and answers its weight in the pixel. Very bright samples weigh less, so that the mean is about that of
 * what the eye sees on the screen: else the edge of every reflected lamp would be a staircase.
 */
function note(r: f32, g: f32, b: f32, screen: f32): f32 {
  const l = luminance(r, g, b)
  const w = <f32>1 / (<f32>1 + l * screen)
  weights += w
  brightnesses += l * w
  squares += l * l * w
  return w
}

/** Stores the means. The wavelengths of the pixel's own samples are balanced to white, so clear stones carry no colour noise. */
function writePixel(number: usize, samples: f32): void {
  const n = <f32>max<i32>(objects, 1)
  const share = objects > 0 ? <f32>1 / weights : 0
  if (stones > 0) {
    colourR += spectrumR * (whiteR > stoneWeights * <f32>0.1 ? stoneWeights / whiteR : 1)
    colourG += spectrumG * (whiteG > stoneWeights * <f32>0.1 ? stoneWeights / whiteG : 1)
    colourB += spectrumB * (whiteB > stoneWeights * <f32>0.1 ? stoneWeights / whiteB : 1)
  }
  const mean = brightnesses * share
  // Variance of the mean; a single sample knows nothing about it.
  const variance = objects > 1 ? max<f32>(squares * share - mean * mean, 0) / (n - 1) : mean * mean
  const p = number << 4
  v128.store(radianceAt + p, f32x4(colourR * share, colourG * share, colourB * share, variance))
  v128.store(albedoAt + p, f32x4(albedoR / n, albedoG / n, albedoB / n, strength / n))
  const length = sqrt<f32>(normalX * normalX + normalY * normalY + normalZ * normalZ)
  const scale: f32 = length > 0 ? <f32>1 / length : 0
  v128.store(normalAt + p, f32x4(normalX * scale, normalY * scale, normalZ * scale, <f32>objects / samples))
  const light = litAll > 0 ? <f32>1 / litAll : 0
  const open = litAll > 0 ? f32x4(litR * light, litG * light, litB * light, <f32>grounds / samples) : f32x4(1, 1, 1, 0)
  v128.store(groundAt + p, open)
  store<f32>(distanceAt + (number << 2), blocked > 0 ? blockedDistance / <f32>blocked : FAR)
}
