import type { ReadResourceResult, Resource } from "@modelcontextprotocol/server"
import type { Tool } from "#src/tool.ts"

/** Marks HTML as a view of the MCP Apps extension (2026-01-26). */
const VIEW_TYPE = "text/html;profile=mcp-app"

/** The page of a view as one self-contained document; undefined when there is none of that name. */
export type Views = (name: string) => Promise<string | undefined>

const TITLES: Record<NonNullable<Tool["view"]>, string> = { model: "3D view" }

/** What tools/list says about the view of a tool; the flat key is for hosts of the time before the extension was settled. */
export function viewMeta({ view }: Pick<Tool, "view">): Record<string, unknown> | undefined {
  if (view === undefined) return undefined
  const resourceUri = uriOf(view)
  return { ui: { resourceUri }, "ui/resourceUri": resourceUri }
}

export function listViews(): Resource[] {
  return Object.entries(TITLES).map(([name, title]) => ({ uri: uriOf(name), name, title, mimeType: VIEW_TYPE }))
}

/** Undefined when `uri` names no view. The page needs nothing beyond the default policy, so it asks for nothing. */
export async function readView(uri: string, views: Views): Promise<ReadResourceResult | undefined> {
  const name = Object.keys(TITLES).find((it) => uriOf(it) === uri)
  const text = name === undefined ? undefined : await views(name)
  if (text === undefined) return undefined
  return { contents: [{ uri, mimeType: VIEW_TYPE, text, _meta: { ui: { prefersBorder: true } } }] }
}

const uriOf = (name: string): string => `ui://atelier/${name}`
