import { numberOption, UsageError } from "#bots/terminal/arguments.ts"
import { defineCommand, DONE } from "#bots/terminal/command.ts"
import { harmless } from "#bots/terminal/printer.ts"
import type { Host, Told } from "#bots/terminal/host.ts"
import type { Role } from "#src/tool.ts"

const ROLES = ["viewer", "user", "service", "admin"] as const
const MAX_DAYS = 3_650

export const command = defineCommand({
  name: "key",
  usage: "key create <name> [--role R] [--scopes a,b] [--days N] | key list | key revoke <id>",
  summary: "Make, list and revoke the keys of programs that use the studio over HTTP.",
  details: "A new key is shown once. A revoked key stops working at once.",
  options: {
    role: { type: "string", value: "ROLE", help: `What the key may do: ${ROLES.join(", ")} (default user).` },
    scopes: {
      type: "string",
      value: "NAMES",
      help: "Limit it to these scopes, with commas between (default: all of its role).",
    },
    days: { type: "string", value: "N", help: "Days until it expires (default: never)." },
    json: { type: "boolean", help: "Print one JSON document instead of text." },
  },
  words: [1, 2],
  async run({ values, positionals, host, print }) {
    const [verb, name] = positionals
    const told = await tell(verb, name, host, {
      role: roleOf(values.role),
      scopes: (values.scopes ?? "")
        .split(",")
        .map((scope) => scope.trim())
        .filter(Boolean),
      days: numberOption("days", values.days, 1, MAX_DAYS),
    })
    if (values.json) print.json(told.data)
    else print.line(harmless(told.say))
    return DONE
  },
})

function tell(
  verb: string | undefined,
  name: string | undefined,
  host: Host,
  options: { role: Role; scopes: string[]; days: number | undefined },
): Promise<Told> {
  const { role, scopes, days } = options
  if (verb === "list") {
    if (name !== undefined)
      throw new UsageError(`"key list" cannot use ${JSON.stringify(name.slice(0, 80))}.`, "Usage: atelier key list")
    return host.listKeys()
  }
  if (verb !== "create" && verb !== "revoke")
    throw new UsageError(
      `There is no "key ${(verb ?? "").slice(0, 40)}".`,
      "There are: key create <name>, key list, key revoke <id>.",
    )
  if (!name)
    throw new UsageError(
      `"key ${verb}" needs ${verb === "create" ? "a name" : "the id of a key"}.`,
      `Usage: atelier key ${verb} ${verb === "create" ? "<name>" : "<id>"}`,
    )
  if (verb === "revoke") return host.revokeKey(name)
  return host.createKey({ name, role, scopes, ...(days === undefined ? {} : { days }) })
}

function roleOf(text: string | undefined): Role {
  const role = ROLES.find((it) => it === (text ?? "user"))
  if (!role)
    throw new UsageError(`--role is ${JSON.stringify(text?.slice(0, 40))}.`, `It must be one of ${ROLES.join(", ")}.`)
  return role
}
