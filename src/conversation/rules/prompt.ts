import type { LanguageModelV4Prompt, LanguageModelV4ToolResultPart } from "@ai-sdk/provider"

/** What the prompt of one step holds for command mode. */
export interface Asked {
  /** What was said since the last answer, a message a line. */
  text: string
  files: string[]
  /** What came of the calls made since, in order. */
  results: LanguageModelV4ToolResultPart[]
}

export function readPrompt(prompt: LanguageModelV4Prompt): Asked {
  const last = prompt.findLastIndex((it) => it.role === "user")
  let first = last
  while (prompt[first - 1]?.role === "user") first--
  const texts: string[] = []
  const files: string[] = []
  for (const message of last < 0 ? [] : prompt.slice(first, last + 1)) {
    if (message.role !== "user") continue
    for (const part of message.content)
      if (part.type === "text") texts.push(part.text)
      else files.push(part.filename ?? part.mediaType)
  }
  const results = prompt
    .slice(last + 1)
    .flatMap((it) => (it.role === "tool" ? it.content : []))
    .filter((part) => part.type === "tool-result")
  return { text: texts.join("\n"), files, results }
}

/** A tool's answer as words, and the plain data it may hold. */
export interface Outcome {
  say: string
  isError: boolean
  data: Record<string, unknown>
}

export function outcomeOf({ output }: LanguageModelV4ToolResultPart): Outcome {
  switch (output.type) {
    case "text":
      return { say: output.value, isError: false, data: {} }
    case "error-text":
      // The loop puts the class of what was thrown before its message.
      return { say: output.value.replace(/^\w*Error: /, ""), isError: true, data: {} }
    case "execution-denied":
      return { say: output.reason ?? "Nothing was done.", isError: true, data: {} }
    case "content":
      return {
        say: output.value.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n"),
        isError: false,
        data: {},
      }
    default:
      return outcomeOfJson(output)
  }
}

function outcomeOfJson({ type, value }: { type: "json" | "error-json"; value: unknown }): Outcome {
  const data = isRecord(value) ? value : {}
  const said = [data["say"], data["problem"], data["hint"], data["question"]].filter(
    // A tool that asks back may say nothing but its question.
    (it, at, all) => typeof it === "string" && all.indexOf(it) === at,
  )
  const plain = typeof value === "string" ? value : JSON.stringify(value)
  return { say: said.length > 0 ? said.join(" ") : plain, isError: type === "error-json", data }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
