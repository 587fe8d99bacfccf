/** What the drill and its studio say to each other. */
export interface Order {
  env: Record<string, string>
  leaseMs: number
  /** Every run appends a line to this file. */
  trail: string
  /** The database may not grow beyond so many pages: a full disk. */
  maxPages?: number
}

export type Say =
  | { do: "accept"; key: string; account: string; kind: "step" | "picture"; ms: number }
  | { do: "clock"; offsetMs: number }

export type Told =
  | { ready: true }
  | { key: string; id: string }
  | { key: string; denied: true }
  /** It could not be stored: the client tries again with the same key. */
  | { key: string; again: string }
