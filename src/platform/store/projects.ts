import { z } from "zod"
import { UserError } from "#src/errors.ts"
import type { Db } from "#src/platform/store/db.ts"
import { newId } from "#src/platform/store/id.ts"
import { oneLine } from "#src/platform/store/line.ts"
import type { Clock, Project } from "#src/studio.ts"

const MAX_NAME = 120
const MAX_PROJECTS = 1_000
const PROJECT = "id, account_id AS accountId, name, created_at AS createdAt"
const projectRow = z.object({ id: z.string(), accountId: z.string(), name: z.string(), createdAt: z.number() })
const countRow = z.object({ count: z.number() })

export interface Projects {
  create(accountId: string, name: string): Project
  current(accountId: string): Project
  list(accountId: string): Project[]
  get(accountId: string, id: string): Project | undefined
  /** Makes it the account's current one. */
  touch(accountId: string, id: string): void
}

/** The folders of a person's work; the one used last is the current one. */
export function createProjects(db: Db, clock: Clock): Projects {
  const list = (accountId: string, limit = MAX_PROJECTS): Project[] =>
    db.all(projectRow, `SELECT ${PROJECT} FROM project WHERE account_id = :accountId ORDER BY seq DESC LIMIT :limit`, {
      accountId,
      limit,
    })

  const create = (accountId: string, name: string): Project => {
    const wanted = oneLine(name)
    if (wanted.length === 0 || wanted.length > MAX_NAME)
      throw new UserError(
        `A project name of ${wanted.length} characters does not work.`,
        `Give it 1 to ${MAX_NAME} characters.`,
      )
    return db.tx(() => {
      const count = db.get(countRow, "SELECT count(*) AS count FROM project WHERE account_id = :accountId", {
        accountId,
      })?.count
      if ((count ?? 0) >= MAX_PROJECTS)
        throw new UserError(`You have ${count} projects.`, `At most ${MAX_PROJECTS} are kept; reuse one.`, "too_large")
      const project = { id: newId("prj"), accountId, name: wanted, createdAt: clock.now() }
      db.run(
        `INSERT INTO project (id, account_id, name, created_at, seq) VALUES (:id, :accountId, :name, :createdAt, 0)`,
        project,
      )
      touch(accountId, project.id)
      return project
    })
  }

  const touch = (accountId: string, id: string): void => {
    db.run(
      `UPDATE project SET seq = (SELECT max(seq) + 1 FROM project WHERE account_id = :accountId)
       WHERE id = :id AND account_id = :accountId`,
      { id, accountId },
    )
  }

  return {
    create,
    touch,
    list: (accountId) => list(accountId),
    current: (accountId) => db.tx(() => list(accountId, 1)[0] ?? create(accountId, "My studio")),
    get: (accountId, id) =>
      db.get(projectRow, `SELECT ${PROJECT} FROM project WHERE id = :id AND account_id = :accountId`, {
        id,
        accountId,
      }),
  }
}
