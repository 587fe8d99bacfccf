/** Output `1` of node `0`. */
export type Link = readonly [node: string, output: number]
export type Value = string | number | boolean | Link

/** A graph as ComfyUI's POST /prompt takes it: node id → class and inputs. */
export type Graph = Record<string, { class_type: string; inputs: Record<string, Value> }>

/** A graph being written: `add` gives the first output of the new node, `at` another one. */
export interface Draft {
  graph: Graph
  add(type: string, inputs: Record<string, Value | undefined>): Link
}

export function draft(): Draft {
  const graph: Graph = {}
  return {
    graph,
    add: (type, inputs) => {
      const id = String(Object.keys(graph).length + 1)
      const given = Object.entries(inputs).filter((entry): entry is [string, Value] => entry[1] !== undefined)
      graph[id] = { class_type: type, inputs: Object.fromEntries(given) }
      return [id, 0]
    },
  }
}

export function at([node]: Link, output: number): Link {
  return [node, output]
}
