import { MAX_PLANES } from "./facets.ts"

export const gemVertex = /* glsl */ `
attribute float body;
varying vec3 vLocal;
varying float vBody;
void main() {
  vLocal = position;
  vBody = body;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}
`

/**
 * A cut stone by ray tracing inside its facet planes: enter by refraction, follow the reflections, let out at each facet
 * what Fresnel lets out, and look that up in the studio. Row r of \`facets\` is one body: texel 0 its centre and radius,
 * texel 1 the number of planes, then the planes. Everything is in the body's own frame (radius 1).
 */
export const gemFragment = /* glsl */ `
precision highp float;
precision highp int;
uniform sampler2D facets;
uniform samplerCube studio;
uniform mat3 toStudio;        // from the mesh frame to the frame of the lights
uniform vec3 eyeLocal;        // camera in the mesh frame
uniform vec3 ior;             // at the red, green and blue end of a third of the spectrum each
uniform vec3 iorStep;         // width of such a third
uniform float spectral;       // 0..1: where in each third this frame looks
uniform vec3 absorption;      // per unit of the mesh frame
uniform int bounces;
varying vec3 vLocal;
varying float vBody;

// Unpolarised Fresnel reflectance; eta = index on the far side / index on the near side.
float fresnel(float cosine, float eta) {
  float k = 1.0 - (1.0 - cosine * cosine) / (eta * eta);
  if (k <= 0.0) return 1.0;
  float t = sqrt(k);
  float s = (cosine - eta * t) / (cosine + eta * t);
  float p = (eta * cosine - t) / (eta * cosine + t);
  return 0.5 * (s * s + p * p);
}

vec3 light(vec3 direction, float blur) {
  return min(textureLod(studio, normalize(toStudio * direction), blur).rgb, vec3(18.0));
}

// A tone map turns very bright colours white: ruby would go pink, fire would go pale. The more colour, the lower the limit.
// A colourless stone is dimmed a little instead, so that its white facets stay apart.
vec3 keepColour(vec3 c) {
  float peak = max(c.r, max(c.g, c.b));
  float saturation = smoothstep(0.0, 0.75, 1.0 - min(c.r, min(c.g, c.b)) / max(peak, 1e-4));
  float limit = mix(18.0, 1.1, saturation);
  return c * mix(0.72, 1.25, saturation) / (1.0 + max(0.0, peak - 0.4 * limit) / (limit + 0.15 * peak));
}

// Photographers take part of the glare off the facets, to look into the stone.
const float POLARISER = 0.55;

float channel(vec3 color, int i) { return i == 0 ? color.r : i == 1 ? color.g : color.b; }

// One colour band: from the point p on the surface along d inside the stone.
float inside(vec3 p, vec3 d, float n, float sigma, int band, int row, int count) {
  float left = 1.0;
  float seen = 0.0;
  for (int bounce = 0; bounce < 12; bounce++) {
    if (bounce >= bounces || left < 0.02) break;
    float nearest = 1e9;
    vec3 normal = vec3(0.0, 1.0, 0.0);
    for (int i = 0; i < ${MAX_PLANES}; i++) {
      if (i >= count) break;
      vec4 plane = texelFetch(facets, ivec2(i + 2, row), 0);
      float along = dot(plane.xyz, d);
      if (along < 1e-5) continue;
      float t = (plane.w - dot(plane.xyz, p)) / along;
      if (t < nearest) { nearest = t; normal = plane.xyz; }
    }
    float path = max(nearest, 0.0);
    p += d * path;
    left *= exp(-sigma * path);
    float cosine = dot(normal, d);
    float back = fresnel(cosine, 1.0 / n);
    if (back < 1.0) {
      float k = sqrt(max(0.0, 1.0 - n * n * (1.0 - cosine * cosine)));
      seen += left * (1.0 - back) * channel(light(n * d + (k - n * cosine) * normal, 0.5), band);
    }
    left *= back;
    d = reflect(d, normal);
  }
  // What is still inside will leave somewhere: a blurred studio, so that no facet goes black for want of bounces.
  return seen + left * 0.5 * channel(light(d, 5.0), band);
}

void main() {
  int row = int(vBody + 0.5);
  vec4 place = texelFetch(facets, ivec2(0, row), 0);
  int count = int(texelFetch(facets, ivec2(1, row), 0).x + 0.5);
  vec3 p = (vLocal - place.xyz) / place.w;
  vec3 d = normalize(vLocal - eyeLocal);

  // The facet is the plane that the point lies on: exact, where interpolated normals are not.
  vec3 normal = vec3(0.0, 1.0, 0.0);
  float closest = 1e9;
  for (int i = 0; i < ${MAX_PLANES}; i++) {
    if (i >= count) break;
    vec4 plane = texelFetch(facets, ivec2(i + 2, row), 0);
    float off = abs(plane.w - dot(plane.xyz, p));
    if (off < closest && dot(plane.xyz, d) < 0.0) { closest = off; normal = plane.xyz; }
  }
  float cosine = max(-dot(normal, d), 1e-4);
  vec3 mirrored = vec3(0.0);
  vec3 body = vec3(0.0);
  for (int band = 0; band < 3; band++) {
    float n = channel(ior, band) + spectral * channel(iorStep, band);
    float mirror = fresnel(cosine, n);
    vec3 into = refract(d, normal, 1.0 / n);
    float through = inside(p - normal * 1e-4, into, n, channel(absorption, band) * place.w, band, row, count);
    vec3 only = vec3(band == 0, band == 1, band == 2);
    mirrored += only * POLARISER * mirror * channel(light(reflect(d, normal), 0.0), band);
    body += only * (1.0 - mirror) * through;
  }
  gl_FragColor = vec4(mirrored + keepColour(body), 1.0);
}
`
