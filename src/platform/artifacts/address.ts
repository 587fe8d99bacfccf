/** A file or page address, decoded. `path` is what its signature covers, whatever prefix a proxy put before it. */
export interface Address {
  kind: "files" | "view"
  id: string
  name?: string
  path: string
}

const PATH = /\/(files|view)\/([A-Za-z0-9_-]{1,64})(?:\/([^/]{1,2048}))?$/

/** Undefined when the address is neither /files/<id>/<name> nor /view/<id>. */
export function parseAddress(url: URL): Address | undefined {
  const [, kind, id, encoded] = PATH.exec(url.pathname) ?? []
  if (!id) return undefined
  if (kind === "view") return encoded === undefined ? { kind, id, path: `/view/${id}` } : undefined
  if (encoded === undefined) return undefined
  try {
    // Decoded, because clients and proxies are free to encode the same name in other ways.
    const name = decodeURIComponent(encoded)
    return { kind: "files", id, name, path: `/files/${id}/${name}` }
  } catch {
    return undefined
  }
}
