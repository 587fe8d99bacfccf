import { randomBytes } from "node:crypto"

const MAX_AUTHOR = 80

/**
 * Words of somebody or something else than the person who speaks, for a model: between marks with a label of where they are
 * from. The content cannot close the mark, because it cannot know it.
 */
export function quote(author: string, text: string, maxCharacters: number): string {
  const mark = `quoted-${randomBytes(6).toString("hex")}`
  const by = author
    .replaceAll(/[^\p{L}\p{N} ._-]/gu, " ")
    .slice(0, MAX_AUTHOR)
    .trim()
  const left = text.length - maxCharacters
  const words = left > 0 ? `${text.slice(0, maxCharacters).toWellFormed()}\n(${left} more characters)` : text
  return `<${mark} from="${by}">\n${words}\n</${mark}>`
}
