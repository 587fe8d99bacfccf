import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider"
import { layer, streamOf, type Parts } from "#src/platform/llm/layer.ts"

/**
 * Structured answers of servers that do not obey a schema: the schema goes into the prompt, and the JSON is taken out of
 * fences and prose. A truncated answer is left as it is, so that it is refused rather than mended.
 */
export function withJsonAnswers(model: LanguageModelV4, jsonSchema: boolean): LanguageModelV4 {
  const asked = (options: LanguageModelV4CallOptions) => (jsonSchema ? options : schemaInPrompt(options))
  return layer(model, {
    generate: async (options, next) => {
      if (options.responseFormat?.type !== "json") return next(options)
      const result = await next(asked(options))
      if (result.finishReason.unified !== "stop") return result
      const content = result.content.map((part) =>
        part.type === "text" ? { ...part, text: extractJson(part.text) ?? part.text } : part,
      )
      return { ...result, content }
    },
    stream: async (options, next) => {
      if (options.responseFormat?.type !== "json") return next(options)
      const result = await next(asked(options))
      return { ...result, stream: streamOf(extracted(result.stream)) }
    },
  })
}

/** Servers without schemas know other formats by other names, or refuse them (LM Studio), so none is asked for. */
function schemaInPrompt(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions {
  const { responseFormat, ...rest } = options
  const schema = responseFormat?.type === "json" ? responseFormat.schema : undefined
  const wish = `Answer with one JSON value and nothing else: no explanation, no code fence.${
    schema ? ` It must match this JSON schema:\n${JSON.stringify(schema)}` : ""
  }`
  const [first, ...others] = rest.prompt
  // One system message only: the templates of several small models refuse a second.
  return first?.role === "system"
    ? { ...rest, prompt: [{ ...first, content: `${first.content}\n\n${wish}` }, ...others] }
    : { ...rest, prompt: [{ role: "system", content: wish }, ...rest.prompt] }
}

/** Holds the text back until it is known to be whole. */
async function* extracted(stream: ReadableStream<LanguageModelV4StreamPart>): Parts {
  let text = ""
  for await (const part of stream) {
    if (part.type === "text-start" || part.type === "text-end") continue
    if (part.type === "text-delta") text += part.delta
    else if (part.type === "finish") {
      const whole = part.finishReason.unified === "stop" ? extractJson(text) : undefined
      yield { type: "text-start", id: "json" }
      yield { type: "text-delta", id: "json", delta: whole ?? text }
      yield { type: "text-end", id: "json" }
      yield part
    } else yield part
  }
}

/** The first JSON object or list in a text, without fence, prose or a model's thoughts; undefined when there is no whole one. */
export function extractJson(text: string): string | undefined {
  const thought = text.lastIndexOf("</think>")
  const said = thought === -1 ? text : text.slice(thought + "</think>".length)
  if (isJson(said)) return said.trim()
  for (let at = 0; at < said.length;) {
    const start = said.slice(at).search(/[{[]/)
    if (start === -1) return undefined
    const end = endOfValue(said, at + start)
    // Cut off: what stands inside is a part of the payload, not the payload.
    if (end === undefined) return undefined
    const candidate = said.slice(at + start, end)
    if (isJson(candidate)) return candidate
    at = end
  }
  return undefined
}

/** Behind the bracket that closes the one at `start`; brackets in strings do not count. */
function endOfValue(text: string, start: number): number | undefined {
  let depth = 0
  let quoted = false
  for (let i = start; i < text.length; i++) {
    const letter = text[i]
    if (quoted) {
      if (letter === "\\") i++
      else if (letter === '"') quoted = false
    } else if (letter === '"') quoted = true
    else if (letter === "{" || letter === "[") depth++
    else if ((letter === "}" || letter === "]") && --depth === 0) return i + 1
  }
  return undefined
}

function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null
  } catch {
    return false
  }
}
