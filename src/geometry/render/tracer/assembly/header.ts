// The block of memory that all threads share, as numbers of 4-byte words from its start. This file is compiled by
// AssemblyScript into the tracer and imported by Node as TypeScript: it may hold nothing but integer constants.

// Control words, changed while the threads run (atomically).
export const CANCEL = 0
export const TICKET = 1
export const BARRIER_COUNT = 2
export const BARRIER_TURN = 3
export const PHASE = 4
export const TOP_READY = 5
export const NODE_COUNT = 6
export const PACK_COUNT = 7
export const QUEUE_COUNT = 8
export const NORMALS_TICKET = 9
export const TASK_TICKET = 10
/** Environment kind that the map in memory holds, plus one; 0 = none yet. */
export const ENVIRONMENT_READY = 11
/** Primary rays and all rays, for the facts of a picture. */
export const RAYS = 12

// Settings of one picture, written before the threads start.
export const THREADS = 16
export const WIDTH = 17
export const HEIGHT = 18
export const SAMPLES_OPEN = 19
export const SAMPLES_OBJECT = 20
export const SAMPLES_GEM = 21
export const SAMPLES_EDGE = 22
export const SEED = 23
export const TRANSPARENT = 24
export const TRIANGLES = 25
export const PARTS = 26
export const ENVIRONMENT_KIND = 27
export const GLARE = 28

// Addresses in bytes.
export const AT_POSITIONS = 32
export const AT_INDICES = 33
export const AT_NORMALS = 34
export const AT_TRIANGLE_PARTS = 35
export const AT_MATERIALS = 36
export const AT_NODES = 37
export const AT_PACKS = 38
export const AT_ENVIRONMENT = 39
export const AT_TABLES = 40
export const AT_STACKS = 41
export const AT_QUEUE = 42
export const AT_BOUNDS = 43
export const AT_ORDER = 44
export const AT_RADIANCE = 45
export const AT_ALBEDO = 46
export const AT_NORMAL = 47
export const AT_GROUND = 48
export const AT_SCRATCH = 49
export const AT_DISTANCE = 50
export const AT_RGBA = 51
export const AT_GLARE = 52

// f32 settings.
export const EYE = 64
export const RIGHT = 67
export const UP = 70
export const FORWARD = 73
export const TAN_X = 76
export const TAN_Y = 77
export const GROUND_Y = 78
/** Distance by which rays start off a surface, in the unit of the model. */
export const OFFSET = 79
export const EXPOSURE = 80
export const BACKGROUND = 81
/** Length of one pixel on the ground plane at the middle of the model. */
export const PIXEL_SIZE = 84

// f32 words of one part's material.
export const MATERIAL_WORDS = 20
export const MATERIAL_KIND = 0
export const MATERIAL_BASE = 1
export const MATERIAL_METALLIC = 4
export const MATERIAL_ALPHA = 5
export const MATERIAL_IOR = 6
/** Second coefficient of Cauchy's formula in µm²: n(λ) = n_d + B (1/λ² − 1/λ_d²). */
export const MATERIAL_CAUCHY = 7
export const MATERIAL_TINT = 8
/** 1 / attenuation distance; 0 = colourless. Replaced per channel by the absorption per unit of length at MATERIAL_SIGMA. */
export const MATERIAL_DENSITY = 11
export const MATERIAL_SIGMA = 12
export const MATERIAL_FLAT = 15
export const MATERIAL_STRENGTH = 16

export const KIND_OPAQUE = 0
export const KIND_GEM = 1

// Sizes in bytes.
/** Where the header lies: above everything that the compiled module itself keeps in memory. */
export const HEADER_ADDRESS = 65536
export const HEADER_BYTES = 1024
export const NODE_BYTES = 128
export const PACK_BYTES = 160
export const QUEUE_ITEM_BYTES = 64
export const QUEUE_ITEMS = 4096
export const STACK_BYTES = 65536
export const TABLES_BYTES = 16384
/** The tables: sample sequence, sRGB curve, addresses of the environment's levels. */
export const CURVE_OFFSET = 4096
export const LEVELS_OFFSET = 12288
export const PIXEL_BYTES = 16

export const ENVIRONMENT_SIZE = 256
export const ENVIRONMENT_LEVELS = 7
export const ENVIRONMENT_STUDIO = 0
export const ENVIRONMENT_UNIFORM = 1
export const GLARE_REDUCTION = 4
export const PHASES = 14
