import type { Call } from "#src/conversation/result.ts"
import type { Tool } from "#src/tool.ts"

/** What a conversation is about right now: the thing that "it" and "the band" speak of. */
export interface Focus {
  itemId: string
  /** Family word of the item: "design". Tools take its id in the field of that name. */
  kind: string
  name: string
  revision: number
  /** Where "before" leads; absent = the revision one lower. */
  previousRevision?: number
  /** Its values now, under the names of the tools' input fields; relative words ("wider") start from them. */
  parameters?: Readonly<Record<string, string | number>>
  /** What was carried out last in this conversation. */
  lastCall?: Call
  /** "The other one". */
  previousItemId?: string
}

/** The call on the thing in front, unless it names one itself or makes a new one. */
export function aimed(call: Call, tools: readonly Tool[], focus: Focus | undefined, itemId = focus?.itemId): Call {
  const tool = tools.find((it) => it.name === call.tool)
  if (!focus || itemId === undefined || !tool || !takesItem(tool, focus.kind)) return call
  return call.input[focus.kind] === undefined
    ? { tool: call.tool, input: { [focus.kind]: itemId, ...call.input } }
    : call
}

/** The tool works on an item of this kind that is there already. */
export const takesItem = (tool: Tool, kind: string): boolean => Object.hasOwn(tool.input.shape, kind) && !makesNew(tool)

export const makesNew = (tool: Tool): boolean => /_(create|generate)$/.test(tool.name)

/** Some tool changes an item that is there and this call leaves open which one. */
export function lacksItem(call: Call, tools: readonly Tool[]): string | undefined {
  const tool = tools.find((it) => it.name === call.tool)
  if (!tool || tool.effect === "reads" || makesNew(tool)) return undefined
  const family = tool.name.split("_")[0] ?? ""
  return Object.hasOwn(tool.input.shape, family) && call.input[family] === undefined ? family : undefined
}
