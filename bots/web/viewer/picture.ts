import {
  ConstantAlphaFactor,
  CustomBlending,
  HalfFloatType,
  Mesh,
  NoBlending,
  OneMinusConstantAlphaFactor,
  OrthographicCamera,
  type PerspectiveCamera,
  PlaneGeometry,
  Scene,
  ShaderMaterial,
  WebGLRenderTarget,
  type WebGLRenderer,
} from "three"

const quadVertex = /* glsl */ `
varying vec2 vUv;
void main() { vUv = uv; gl_Position = vec4(position.xy, 0.0, 1.0); }
`
/** Bright values are compressed before the mean and expanded after it: one glint must not make a whole edge jagged. */
const copyFragment = /* glsl */ `
uniform sampler2D source;
varying vec2 vUv;
void main() {
  vec4 seen = texture2D(source, vUv);
  gl_FragColor = vec4(seen.rgb / (1.0 + max(seen.r, max(seen.g, seen.b))), seen.a);
}
`
/** Tone mapping on the colour without its coverage, so that edges blend with the page behind the canvas. */
const showFragment = /* glsl */ `
uniform sampler2D source;
varying vec2 vUv;
void main() {
  vec4 seen = texture2D(source, vUv);
  vec3 color = seen.rgb / (1.0 - min(0.98, max(seen.r, max(seen.g, seen.b))));
  gl_FragColor = vec4(color / max(seen.a, 1e-3), 1.0);
  #include <tonemapping_fragment>
  #include <colorspace_fragment>
  gl_FragColor = vec4(clamp(gl_FragColor.rgb, 0.0, 1.0) * seen.a, seen.a);
}
`

export interface Picture {
  resize(width: number, height: number): void
  /** Draws the scene and blends it as sample number `sample` (0 starts anew) into the mean, then shows the mean. */
  draw(scene: Scene, camera: PerspectiveCamera, sample: number): void
  dispose(): void
}

/**
 * The mean of many frames, each shifted by a part of a pixel: smooth edges, clean facets and a full spectrum once the
 * view rests, at the cost of one frame while it moves.
 */
export function makePicture(renderer: WebGLRenderer): Picture {
  const frame = new WebGLRenderTarget(1, 1, { type: HalfFloatType, samples: 4 })
  const mean = new WebGLRenderTarget(1, 1, { type: HalfFloatType, depthBuffer: false })
  const copy = new ShaderMaterial({
    vertexShader: quadVertex,
    fragmentShader: copyFragment,
    uniforms: { source: { value: frame.texture } },
    depthTest: false,
    depthWrite: false,
    transparent: true,
    blending: CustomBlending,
    blendSrc: ConstantAlphaFactor,
    blendDst: OneMinusConstantAlphaFactor,
  })
  const show = new ShaderMaterial({
    vertexShader: quadVertex,
    fragmentShader: showFragment,
    uniforms: { source: { value: mean.texture } },
    depthTest: false,
    depthWrite: false,
    blending: NoBlending,
  })
  const quad = new Mesh(new PlaneGeometry(2, 2), copy)
  quad.frustumCulled = false
  const quadScene = new Scene()
  quadScene.add(quad)
  const flat = new OrthographicCamera()
  let [width, height] = [1, 1]

  return {
    resize: (w, h) => {
      ;[width, height] = [w, h]
      frame.setSize(w, h)
      mean.setSize(w, h)
    },
    draw: (scene, camera, sample) => {
      const [dx, dy] = sample === 0 ? [0, 0] : [halton(sample, 2) - 0.5, halton(sample, 3) - 0.5]
      camera.setViewOffset(width, height, dx, dy, width, height)
      renderer.setRenderTarget(frame)
      renderer.clear()
      renderer.render(scene, camera)
      camera.clearViewOffset()

      copy.blendAlpha = 1 / (sample + 1)
      quad.material = copy
      renderer.setRenderTarget(mean)
      renderer.render(quadScene, flat)
      quad.material = show
      renderer.setRenderTarget(null)
      renderer.render(quadScene, flat)
    },
    dispose: () => {
      frame.dispose()
      mean.dispose()
      copy.dispose()
      show.dispose()
      quad.geometry.dispose()
    },
  }
}

/** The radical inverse of `i`: points that fill the unit interval evenly however many are taken. */
function halton(i: number, base: number): number {
  let [result, fraction] = [0, 1]
  for (let n = i; n > 0; n = Math.floor(n / base)) {
    fraction /= base
    result += fraction * (n % base)
  }
  return result
}
