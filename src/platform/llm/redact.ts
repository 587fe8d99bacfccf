import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4Message } from "@ai-sdk/provider"
import { layer } from "#src/platform/llm/layer.ts"
import { hideSecrets } from "#src/platform/log.ts"

/** Keeps keys, passwords and signatures of links from leaving the house in a prompt. `secrets` are hidden wherever they stand. */
export function withRedaction(model: LanguageModelV4, secrets: readonly string[]): LanguageModelV4 {
  const long = secrets.filter((secret) => secret.length >= 8)
  const clean = (text: string) => hideSecrets(long.reduce((rest, secret) => rest.replaceAll(secret, "[hidden]"), text))
  const change = (options: LanguageModelV4CallOptions) => ({
    ...options,
    prompt: options.prompt.map((message) => cleanMessage(message, clean)),
  })
  return layer(model, {
    generate: async (options, next) => next(change(options)),
    stream: async (options, next) => next(change(options)),
  })
}

function cleanMessage(message: LanguageModelV4Message, clean: (text: string) => string): LanguageModelV4Message {
  if (message.role === "system") return { ...message, content: clean(message.content) }
  const content = message.content.map((part) => {
    if (part.type === "text" || part.type === "reasoning") return { ...part, text: clean(part.text) }
    if (part.type === "tool-call") return { ...part, input: cleanValue(part.input, clean) }
    if (part.type === "tool-result") return { ...part, output: cleanValue(part.output, clean) }
    return part
  })
  // The parts keep their kinds, so they still fit the role of the message.
  return { ...message, content } as LanguageModelV4Message
}

/** Cleaned as text, so that depth does not matter; unchanged values stay the same object. */
function cleanValue<T>(value: T, clean: (text: string) => string): T {
  const text = JSON.stringify(value)
  if (text === undefined) return value
  const cleaned = clean(text)
  // The patterns replace whole values within quotes, so it is the same structure.
  return cleaned === text ? value : (JSON.parse(cleaned) as T)
}
