/** The model files of one server, found by folder and name wherever below the folder they lie. */
export interface Inventory {
  isEmpty: boolean
  /** The file as the server names it ("flux/flux1-dev.safetensors"), of the first of the names that is there. */
  find(folder: string, names: readonly string[]): string | undefined
  /** Every file of a folder. */
  list(folder: string): string[]
}

/** `names`: what a probe found, files as "folder/name". */
export function readInventory(names: readonly string[]): Inventory {
  const byName = new Map<string, string>()
  const byFolder = new Map<string, string[]>()
  for (const name of names) {
    const slash = name.indexOf("/")
    if (slash < 1 || name.startsWith("node:")) continue
    const folder = name.slice(0, slash)
    const file = name.slice(slash + 1)
    const list = byFolder.get(folder)
    if (list) list.push(file)
    else byFolder.set(folder, [file])
    for (const key of [file, lastPart(file), stemOf(lastPart(file))])
      if (!byName.has(keyOf(folder, key))) byName.set(keyOf(folder, key), file)
  }
  return {
    isEmpty: names.length === 0,
    find: (folder, wanted) => {
      for (const name of wanted) {
        const found = byName.get(keyOf(folder, name)) ?? byName.get(keyOf(folder, lastPart(name)))
        if (found !== undefined) return found
      }
      return undefined
    },
    list: (folder) => byFolder.get(folder) ?? [],
  }
}

const keyOf = (folder: string, file: string) => `${folder}/${file.toLowerCase()}`

/** Servers on Windows write folders with backslashes. */
function lastPart(file: string): string {
  return file.replace(/^.*[/\\]/, "")
}

function stemOf(file: string): string {
  return file.replace(/\.(safetensors|sft|ckpt|pt|pth|bin)$/i, "")
}
