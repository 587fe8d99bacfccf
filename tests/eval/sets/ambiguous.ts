import { asks } from "#tests/eval/row.ts"
import type { Row } from "#tests/eval/row.ts"

const writes = ["design_create", "design_edit", "job_cancel"]
const row = (say: string, context?: Row["context"]): Row => ({
  say,
  expect: asks,
  forbid: writes,
  ...(context && { context }),
})

/** Two readings at least, or a part that nothing here can do: asking is the only right answer. */
export const ambiguous: Row[] = [
  row("a ring in gold or platinum"),
  row("something in 14k"),
  row("a 14k ring"),
  row("platinum instead of gold", "ring"),
  row("not gold", "ring"),
  row("a ring but not in silver"),
  row("make it bigger", "ring"),
  row("smaller", "ring"),
  row("make it better", "ring"),
  row("change it", "ring"),
  row("change the metal", "ring"),
  row("1.5 mm", "ring"),
  row("seven", "ring"),
  row("a ring with a 1 carat ruby and a 2 carat diamond"),
  row("size 7 or 8", "ring"),
  row("US UK size 7 ring"),
  row("an oval diamond ring in platinum"),
  row("a platinum ring with a halo"),
  row("a gold necklace"),
  row("wedding bands in platinum for both of us"),
  row("make one in gold and one in platinum", "ring"),
  row("solitare in platnum"),
  row("a saphire ring in gold"),
  row("make it platinum, no wait, silver", "ring"),
  row("a ring, 5 prongs"),
  row("band 40 mm wide", "ring"),
  row("is it platinum?", "ring"),
  row("would platinum be better?", "ring"),
  row("I had a gold ring once", "ring"),
  row("the stone is nice but the band is gold", "ring"),
  row("platinum is expensive", "ring"),
  row("somewhere between 2 and 3 mm wide", "ring"),
  row("at least 2 mm wide", "ring"),
  row("lighter", "ring"),
  row("no thinner than 2 mm", "ring"),
]
