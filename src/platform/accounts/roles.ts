import { z } from "zod"
import type { Role } from "#src/tool.ts"

export const roleSchema = z.enum(["viewer", "user", "service", "admin"])

const RANK: Record<Role, number> = { viewer: 0, user: 1, service: 1, admin: 2 }

/** The one that may do more; the first when they are equal. */
export function higherRole(a: Role, b: Role): Role {
  return RANK[b] > RANK[a] ? b : a
}

/** The one that may do less; the first when they are equal. */
export function lowerRole(a: Role, b: Role): Role {
  return RANK[b] < RANK[a] ? b : a
}
