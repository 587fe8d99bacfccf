import {
  Color,
  CustomBlending,
  DoubleSide,
  type Group,
  HalfFloatType,
  MaxEquation,
  Mesh,
  OneFactor,
  OrthographicCamera,
  PlaneGeometry,
  Scene,
  ShaderMaterial,
  Vector2,
  WebGLRenderTarget,
  type WebGLRenderer,
} from "three"

const SIZE = 512

const heightVertex = /* glsl */ `
varying float vHeight;
uniform float floorY;
uniform float reach;
void main() {
  vec4 world = modelMatrix * vec4(position, 1.0);
  vHeight = (world.y - floorY) / reach;
  gl_Position = projectionMatrix * viewMatrix * world;
}
`
/** Near the floor a body hides most of the light; the share falls quickly with height. */
const heightFragment = /* glsl */ `
varying float vHeight;
void main() {
  float h = max(vHeight, 0.0);
  gl_FragColor = vec4(exp(-h * 26.0), exp(-h * 5.0), 0.0, 1.0);
}
`
const quadVertex = /* glsl */ `
varying vec2 vUv;
void main() { vUv = uv; gl_Position = vec4(position.xy, 0.0, 1.0); }
`
/** Gaussian over 25 taps; red (contact) stays tight, green (the body) is spread four times as wide. */
const blurFragment = /* glsl */ `
uniform sampler2D source;
uniform vec2 step1;
varying vec2 vUv;
void main() {
  vec2 sum = vec2(0.0);
  float total = 0.0;
  for (int i = -12; i <= 12; i++) {
    float w = exp(-float(i * i) / 40.0);
    sum += w * vec2(texture2D(source, vUv + step1 * float(i)).r, texture2D(source, vUv + step1 * float(i) * 4.5).g);
    total += w;
  }
  gl_FragColor = vec4(sum / total, 0.0, 1.0);
}
`
const floorFragment = /* glsl */ `
uniform sampler2D source;
uniform float strength;
varying vec2 vUv;
void main() {
  vec2 shade = texture2D(source, vec2(vUv.x, 1.0 - vUv.y)).rg; // drawn from below, so mirrored
  float edge = smoothstep(1.0, 0.75, length(vUv * 2.0 - 1.0));
  gl_FragColor = vec4(0.0, 0.0, 0.0, (1.0 - (1.0 - 0.55 * shade.r) * (1.0 - 0.42 * shade.g)) * edge * strength);
}
`
const floorVertex = /* glsl */ `
varying vec2 vUv;
void main() { vUv = uv; gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0); }
`

/** A soft contact shadow, drawn once per model: the model's height above the floor, seen from below and blurred. */
export function makeShadow(
  renderer: WebGLRenderer,
  model: Group,
  box: { centerX: number; centerZ: number; floorY: number; radius: number },
) {
  const width = box.radius * 4.4
  const targets = [0, 1].map(() => new WebGLRenderTarget(SIZE, SIZE, { type: HalfFloatType, depthBuffer: false }))
  const [a, b] = targets as [WebGLRenderTarget, WebGLRenderTarget]
  const camera = new OrthographicCamera(-width / 2, width / 2, width / 2, -width / 2, 0, box.radius * 3)
  camera.position.set(box.centerX, box.floorY - box.radius * 0.01, box.centerZ)
  camera.up.set(0, 0, 1)
  camera.lookAt(box.centerX, box.floorY + 1, box.centerZ)

  const height = new ShaderMaterial({
    vertexShader: heightVertex,
    fragmentShader: heightFragment,
    uniforms: { floorY: { value: box.floorY }, reach: { value: box.radius } },
    side: DoubleSide,
    depthTest: false,
    depthWrite: false,
    blending: CustomBlending,
    blendEquation: MaxEquation,
    blendSrc: OneFactor,
    blendDst: OneFactor,
  })
  const scene = new Scene()
  scene.background = null
  scene.overrideMaterial = height
  const parent = model.parent
  scene.add(model)
  const clear = renderer.getClearColor(new Color()).clone()
  const alpha = renderer.getClearAlpha()
  renderer.setClearColor(0x000000, 0)
  renderer.setRenderTarget(a)
  renderer.clear()
  renderer.render(scene, camera)
  if (parent) parent.add(model)

  const blur = new ShaderMaterial({
    vertexShader: quadVertex,
    fragmentShader: blurFragment,
    uniforms: { source: { value: null }, step1: { value: new Vector2() } },
    depthTest: false,
    depthWrite: false,
  })
  const quad = new Mesh(new PlaneGeometry(2, 2), blur)
  quad.frustumCulled = false
  const quadScene = new Scene()
  quadScene.add(quad)
  const pass = (from: WebGLRenderTarget, to: WebGLRenderTarget, x: number, y: number) => {
    const { source, step1 } = blur.uniforms
    if (source) source.value = from.texture
    ;(step1?.value as Vector2 | undefined)?.set(x / SIZE, y / SIZE)
    renderer.setRenderTarget(to)
    renderer.render(quadScene, camera)
  }
  pass(a, b, 1, 0)
  pass(b, a, 0, 1)
  pass(a, b, 0.6, 0.6)
  pass(b, a, 0.6, -0.6)
  renderer.setRenderTarget(null)
  renderer.setClearColor(clear, alpha)
  quad.geometry.dispose()
  blur.dispose()
  height.dispose()
  b.dispose()

  const geometry = new PlaneGeometry(width, width)
  const material = new ShaderMaterial({
    vertexShader: floorVertex,
    fragmentShader: floorFragment,
    uniforms: { source: { value: a.texture }, strength: { value: 1 } },
    transparent: true,
    premultipliedAlpha: true,
    depthWrite: false,
  })
  const floor = new Mesh(geometry, material)
  floor.rotation.x = -Math.PI / 2
  floor.position.set(box.centerX, box.floorY, box.centerZ)
  return {
    floor,
    dispose: () => {
      floor.removeFromParent()
      geometry.dispose()
      material.dispose()
      a.dispose()
    },
  }
}
