/**
 * What is counted. jobs: accepted jobs. cpu_seconds: running time on the "cpu" lane; gpu_seconds: on any other lane; both in
 * whole seconds, rounded up. llm_tokens: tokens of language models, prompts and answers. credits: the others by a price
 * list. storage_bytes: a level (what is stored now), not a flow.
 */
export const units = ["jobs", "cpu_seconds", "gpu_seconds", "llm_tokens", "credits", "storage_bytes"] as const
export type Unit = (typeof units)[number]

/** Units of work with their own measure; credits are made of them. */
export type Amounts = Partial<Record<Unit, number>>

const words: Record<Unit, [one: string, many: string]> = {
  jobs: ["job", "jobs"],
  cpu_seconds: ["CPU second", "CPU seconds"],
  gpu_seconds: ["GPU second", "GPU seconds"],
  llm_tokens: ["token of language models", "tokens of language models"],
  credits: ["credit", "credits"],
  storage_bytes: ["byte", "bytes"],
}

/** "jobs", "GPU seconds". */
export function inWords(unit: Unit): string {
  return words[unit][1]
}

/** "1 job", "600 GPU seconds", "2.5 GB", "unlimited jobs". */
export function amountInWords(amount: number | null, unit: Unit): string {
  if (amount === null) return `unlimited ${words[unit][1]}`
  if (unit === "storage_bytes") return inBytes(amount)
  return `${amount} ${words[unit][amount === 1 ? 0 : 1]}`
}

function inBytes(bytes: number): string {
  if (bytes === 0) return "0 MB"
  if (bytes < 1024 * 1024) return `${Math.ceil(bytes / 1024)} KB`
  const megabytes = bytes / (1024 * 1024)
  const [value, unit] = megabytes >= 1024 ? [megabytes / 1024, "GB"] : [megabytes, "MB"]
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} ${unit}`
}

/** "3 h", "25 min", "2 days". */
export function durationInWords(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000))
  if (minutes < 90) return `${minutes} min`
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} days`
}
