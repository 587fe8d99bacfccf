import { openDb } from "#src/platform/store/db.ts"

/** Holds the database named by the first argument open until it is killed. */
openDb(process.argv[2] ?? "")
process.stdout.write("open\n")
process.stdin.resume()
