import type { Row, SetName } from "#tests/eval/row.ts"
import { ambiguous } from "#tests/eval/sets/ambiguous.ts"
import { chat } from "#tests/eval/sets/chat.ts"
import { followUp } from "#tests/eval/sets/follow-up.ts"
import { hostile } from "#tests/eval/sets/hostile.ts"
import { languages } from "#tests/eval/sets/languages.ts"
import { plain } from "#tests/eval/sets/plain.ts"
import { strangers } from "#tests/eval/sets/strangers.ts"

export const sets: Readonly<Record<SetName, readonly Row[]>> = {
  plain,
  chat,
  "follow-up": followUp,
  ambiguous,
  hostile,
  languages,
  strangers,
}
