import {
  BackSide,
  CubeCamera,
  type CubeTexture,
  HalfFloatType,
  LinearMipmapLinearFilter,
  Mesh,
  PMREMGenerator,
  Scene,
  ShaderMaterial,
  SphereGeometry,
  type Texture,
  WebGLCubeRenderTarget,
  type WebGLRenderer,
} from "three"

/** A soft-edged rectangle of light: direction, half width and height on a plane at distance 1, edge, radiance. */
interface Softbox {
  toward: readonly [number, number, number]
  half: readonly [number, number]
  edge: number
  radiance: readonly [number, number, number]
}

const grey = (value: number) => [value, value, value] as const

/** A product photographer's table: large boxes for the metal, strips for edges, small bright sparks for the stones. */
const SOFTBOXES: readonly Softbox[] = [
  { toward: [0, 1, 0.25], half: [0.95, 0.6], edge: 0.14, radiance: grey(5.2) },
  { toward: [-1, 0.42, 0.5], half: [0.34, 0.8], edge: 0.08, radiance: [6.8, 6.5, 6.0] },
  { toward: [1, 0.32, 0.15], half: [0.26, 0.9], edge: 0.07, radiance: [4.9, 5.2, 5.6] },
  { toward: [0.2, 0.12, -1], half: [0.9, 0.22], edge: 0.12, radiance: grey(2.6) },
  { toward: [0.42, 0.62, 1], half: [0.2, 0.14], edge: 0.04, radiance: grey(9) },
  { toward: [-0.35, 0.05, 1], half: [0.1, 0.55], edge: 0.05, radiance: grey(3) },
  { toward: [-0.55, 0.8, 0.5], half: [0.06, 0.06], edge: 0.02, radiance: grey(45) },
  { toward: [0.6, 0.9, 0.6], half: [0.05, 0.05], edge: 0.02, radiance: grey(45) },
  { toward: [0.1, 0.9, -0.7], half: [0.06, 0.06], edge: 0.02, radiance: grey(40) },
]

const fragment = /* glsl */ `
precision highp float;
varying vec3 vDirection;

vec3 box(vec3 d, vec3 toward, vec2 halfSize, float edge, vec3 radiance) {
  vec3 f = normalize(toward);
  vec3 r = normalize(cross(abs(f.y) > 0.99 ? vec3(0.0, 0.0, -1.0) : vec3(0.0, 1.0, 0.0), f));
  float along = dot(d, f);
  if (along < 0.05) return vec3(0.0);
  vec2 at = abs(vec2(dot(d, r), dot(d, cross(f, r))) / along) - halfSize;
  vec2 soft = 1.0 - smoothstep(vec2(-edge), vec2(edge), at);
  return radiance * soft.x * soft.y;
}

void main() {
  vec3 d = normalize(vDirection);
  float t = 0.5 + 0.5 * d.y;
  vec3 sky = (0.14 + 0.62 * t * t) * vec3(0.98, 1.0, 1.03);
  vec3 ground = mix(vec3(1.17), vec3(0.22), smoothstep(0.0, 0.9, -d.y)) * vec3(1.0, 0.985, 0.97);
  vec3 color = mix(sky, ground, smoothstep(0.0, -0.08, d.y));
${SOFTBOXES.map((it) => `  color += box(d, vec3(${it.toward.map(glsl).join()}), vec2(${it.half.map(glsl).join()}), ${glsl(it.edge)}, vec3(${it.radiance.map(glsl).join()}));`).join("\n")}
  gl_FragColor = vec4(color, 1.0);
}
`

const vertex = /* glsl */ `
varying vec3 vDirection;
void main() {
  vDirection = position;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}
`

function glsl(value: number): string {
  return value.toFixed(4)
}

export interface Studio {
  /** Prefiltered by roughness, for metals. */
  environment: Texture
  /** Sharp, for the rays that leave a stone. */
  cube: CubeTexture
  dispose(): void
}

/** Draws the softboxes once into the two kinds of environment that the materials read. */
export function makeStudio(renderer: WebGLRenderer): Studio {
  const sphere = new SphereGeometry(10, 64, 32)
  const material = new ShaderMaterial({
    vertexShader: vertex,
    fragmentShader: fragment,
    side: BackSide,
    depthWrite: false,
  })
  const scene = new Scene()
  scene.add(new Mesh(sphere, material))

  const target = new WebGLCubeRenderTarget(512, {
    type: HalfFloatType,
    generateMipmaps: true,
    minFilter: LinearMipmapLinearFilter,
  })
  const camera = new CubeCamera(0.1, 100, target)
  camera.update(renderer, scene)
  const generator = new PMREMGenerator(renderer)
  const filtered = generator.fromScene(scene, 0, 0.1, 100, { size: 256 })
  generator.dispose()
  sphere.dispose()
  material.dispose()
  return {
    environment: filtered.texture,
    cube: target.texture,
    dispose: () => {
      target.dispose()
      filtered.dispose()
    },
  }
}
