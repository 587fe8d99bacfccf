/** "just now", "5 minutes ago", "12 Mar". */
export function ago(time: number, now = Date.now()): string {
  const minutes = Math.round((now - time) / 60_000)
  if (minutes < 1) return "just now"
  if (minutes < 60) return `${minutes} min ago`
  if (minutes < 24 * 60) return `${Math.round(minutes / 60)} h ago`
  return new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" }).format(time)
}

/** "about 40 s", "about 3 min". */
export function aboutSeconds(seconds: number): string {
  return seconds < 90 ? `about ${Math.max(1, Math.round(seconds))} s` : `about ${Math.round(seconds / 60)} min`
}

export function sizeInWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  return bytes < 999_500 ? `${Math.round(bytes / 1_000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** "STL" of "ring.stl"; "File" where the name has none. */
export function kindOfFile(name: string): string {
  return /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1]?.toUpperCase() ?? "File"
}

/** What browsers draw, and cannot run. */
export function isPicture({ mediaType }: { mediaType: string }): boolean {
  return /^image\/(?:png|jpeg|webp|gif|avif)$/.test(mediaType)
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
