/** What a request carries. */
export type Body = { json: unknown } | { form: FormData } | { bytes: Uint8Array; type: string }

/** The bytes of a body and their media type. */
export async function encodeBody(body: Body): Promise<{ bytes: Uint8Array; type: string }> {
  if ("bytes" in body) return body
  if ("json" in body) return { bytes: new TextEncoder().encode(JSON.stringify(body.json)), type: "application/json" }
  // A Response knows how to write a form and its boundary.
  const whole = new Response(body.form)
  const type = whole.headers.get("content-type") ?? "multipart/form-data"
  return { bytes: new Uint8Array(await whole.arrayBuffer()), type }
}
