const LONGEST = 120

/** A name that any reader can show: no control characters or broken surrogates, at most 120 characters. */
export function cleanName(name: string, otherwise: string): string {
  // Control characters are not allowed in XML and break headers and outliners.
  const text = name
    .toWellFormed()
    .normalize("NFC")
    .replace(/\p{Cc}|[\uFFFE\uFFFF]/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
  return Array.from(text).slice(0, LONGEST).join("") || otherwise
}

/** Clean names, made unique by a number: "prong", "prong 2", … Readers that find parts by name need this. */
export function uniqueNames(names: readonly string[], otherwise: string): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    const base = cleanName(name, otherwise)
    let unique = base
    for (let n = 2; taken.has(unique); n++) unique = `${base} ${n}`
    taken.add(unique)
    return unique
  })
}
