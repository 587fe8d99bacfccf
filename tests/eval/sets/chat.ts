import { asks, call, calls, create, save, set, show, steps } from "#tests/eval/row.ts"
import type { Row } from "#tests/eval/row.ts"

/** As people type to somebody they know: slang, fillers, half sentences, second thoughts. */
export const chat: Row[] = [
  {
    say: "hey can u do a rose gold ring w a 1ct diamond",
    expect: create({ metal: "14k_rose_gold", carat: 1, stone: "diamond" }),
  },
  {
    say: "heyy so i was thinking of a platinum ring with a sapphire, US 6",
    expect: create({ metal: "platinum_950", stone: "sapphire", size: "6", size_system: "us" }),
  },
  { say: "ok lets go with 18k white gold", context: "ring", expect: set({ metal: "18k_white_gold" }) },
  { say: "hmm make it platinum actually", context: "ring", expect: set({ metal: "platinum_950" }) },
  { say: "lol can you make the band like 3mm wide", context: "ring", expect: set({ band_width_mm: 3 }) },
  { say: "nice!! now in rose gold pls", context: "ring", expect: set({ metal: "14k_rose_gold" }) },
  { say: "omg i love it, can i get the stl", context: "ring", expect: save("stl") },
  { say: "gimme the glb", context: "ring", expect: save("glb") },
  { say: "oops undo that", context: "ring", expect: steps("undo") },
  { say: "hmm nah go back", context: "ring", expect: steps("undo") },
  { say: "yo show me the ring again", context: "ring", expect: show() },
  { say: "whats it look like now", context: "ring", expect: show() },
  { say: "and can we do a ruby", context: "ring", expect: set({ stone: "ruby" }) },
  { say: "my gf is a size 5 US btw", context: "ring", expect: set({ size: "5", size_system: "us" }) },
  {
    say: "ring for my mum, silver, garnet, nothing crazy",
    expect: create({ metal: "sterling_silver", stone: "almandine" }),
  },
  {
    say: "need smth for my anniversary, gold ring w emerald, US 7",
    expect: create({ metal: "14k_yellow_gold", stone: "emerald", size: "7", size_system: "us" }),
  },
  { say: "could u maybe try it in palladium", context: "ring", expect: set({ metal: "palladium_950" }) },
  { say: "prongs are too thin, make em 1.3mm", context: "ring", expect: set({ prong_diameter_mm: 1.3 }) },
  { say: "i think 4 prongs looks better", context: "ring", expect: set({ prongs: 4 }) },
  { say: "lets try brushed", context: "ring", expect: set({ finish: "satin" }) },
  {
    say: "perfect, stl and 3mf please!",
    context: "ring",
    expect: calls(call("export_file", { format: "stl" }), call("export_file", { format: "3mf" })),
  },
  { say: "ooh what about a bigger stone, like 2 carats", context: "ring", expect: set({ carat: 2 }) },
  {
    say: "hi! i'd love a simple yellow gold ring please, size 6 us, half carat diamond :)",
    expect: create({ metal: "14k_yellow_gold", size: "6", size_system: "us", carat: 0.5, stone: "diamond" }),
  },
  {
    say: "so basically a platinum solitaire, 1.5ct, UK M, thats it",
    expect: create({ metal: "platinum_950", carat: 1.5, size: "M", size_system: "uk" }),
  },
  {
    say: "thanks that looks great! can you change the size to US 8 though",
    context: "ring",
    expect: set({ size: "8", size_system: "us" }),
  },
  { say: "right, flat band then", context: "ring", expect: set({ band_profile: "flat" }) },
  { say: "cool cool. and the 3mf?", context: "ring", expect: save("3mf") },
  { say: "so what have we got so far", context: "ring", expect: show() },
  { say: "what jobs are running rn", expect: calls(call("job_list", { states: ["running"] })) },
  { say: "wait what can you actually do", expect: calls(call("studio_help")) },
  { say: "hmm not sure about the gold tbh", context: "ring", expect: asks },
  { say: "make it pop", context: "ring", expect: asks },
  { say: "idk something sparkly?", expect: asks },
  { say: "it looks cheap", context: "ring", expect: asks },
  { say: "how much would that set me back", context: "ring", expect: asks },
  { say: "tysm ur the best", context: "ring", expect: asks },
  { say: "a bit thinner maybe?", context: "ring", expect: asks },
  { say: "my budget is like 2k, gold ring w diamond", expect: asks },
  {
    say: "band 2.8mm, 6 prongs, satin. go",
    context: "ring",
    expect: set({ band_width_mm: 2.8, prongs: 6, finish: "satin" }),
  },
  { say: "can we make the band a little thicker, 2mm", context: "ring", expect: set({ band_thickness_mm: 2 }) },
  { say: "actually scrap that, silver", context: "ring", expect: set({ metal: "sterling_silver" }) },
  {
    say: "sooo platinum ring, sapphire 6mm, uk size n. ty!",
    expect: create({ metal: "platinum_950", stone: "sapphire", stone_diameter_mm: 6, size: "N", size_system: "uk" }),
  },
]
