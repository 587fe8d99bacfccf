import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider"
import { layer } from "#src/platform/llm/layer.ts"
import type { LlmEndpoint } from "#src/platform/llm/settings.ts"

/** Models of the two clouds that take words only; all others of theirs, and all that come, see. */
const BLIND = /^(?:gpt-3\.5|gpt-4(?:-\d{4}|-32k|$)|gpt-oss|o1-(?:mini|preview)|o3-mini|claude-(?:2|instant))/

/** Whether a model sees where nobody says: a server of the operator's own does not, since the protocol does not tell. */
export function seesByItself(provider: LlmEndpoint["provider"], model: string): boolean {
  return provider !== "openai-compatible" && !BLIND.test(model)
}

/** Keeps pictures from a model that cannot see them: servers refuse such a prompt, and the words beside a picture name it. */
export function withoutPictures(model: LanguageModelV4): LanguageModelV4 {
  const blind = (options: LanguageModelV4CallOptions): LanguageModelV4CallOptions => ({
    ...options,
    prompt: options.prompt.map((message) =>
      message.role === "user"
        ? { ...message, content: message.content.filter((part) => part.type !== "file") }
        : message,
    ),
  })
  return layer(model, {
    generate: async (options, next) => next(blind(options)),
    stream: async (options, next) => next(blind(options)),
  })
}

export const hasPictures = ({ prompt }: LanguageModelV4CallOptions): boolean =>
  prompt.some(({ content }) => typeof content !== "string" && content.some((part) => part.type === "file"))
