import { call, calls, create, save, set, show, steps } from "#tests/eval/row.ts"
import type { Row } from "#tests/eval/row.ts"

/** Complete orders: a jeweller's bench ticket, a careful customer, somebody whose first language is another. */
export const plain: Row[] = [
  // The bench.
  {
    say: "Solitaire, 18k white gold, US size 6, 6.5 mm round diamond, six prongs, comfort fit",
    expect: create({
      metal: "18k_white_gold",
      size: "6",
      size_system: "us",
      stone_diameter_mm: 6.5,
      stone: "diamond",
      prongs: 6,
      band_profile: "comfort",
    }),
  },
  {
    say: "950 platinum ring, UK M, 5 mm ruby, four claws, band 2.4 mm wide and 1.9 mm thick",
    expect: create({
      metal: "platinum_950",
      size: "M",
      size_system: "uk",
      stone_diameter_mm: 5,
      stone: "ruby",
      prongs: 4,
      band_width_mm: 2.4,
      band_thickness_mm: 1.9,
    }),
  },
  {
    say: "ring, sterling silver, ISO 56, 8 mm amethyst, flat profile",
    expect: create({
      metal: "sterling_silver",
      size: "56",
      size_system: "iso",
      stone_diameter_mm: 8,
      stone: "amethyst",
      band_profile: "flat",
    }),
  },
  {
    say: "585 rose gold solitaire with a 0.5 ct diamond and 3mf",
    expect: create({ metal: "14k_rose_gold", carat: 0.5, stone: "diamond", files: ["3mf"] }),
  },
  {
    say: "18kt yellow gold ring, size 7.5 US, 2 ct moissanite, prongs 1.1 mm",
    expect: create({
      metal: "18k_yellow_gold",
      size: "7.5",
      size_system: "us",
      carat: 2,
      stone: "moissanite",
      prong_diameter_mm: 1.1,
    }),
  },
  {
    say: "wax ring, US 9, band width 3 mm",
    expect: create({ metal: "casting_wax", size: "9", size_system: "us", band_width_mm: 3 }),
  },
  {
    say: "pt950 solitaire, JP 12, 1.2 ct aquamarine",
    expect: create({ metal: "platinum_950", size: "12", size_system: "jp", carat: 1.2, stone: "aquamarine" }),
  },
  {
    say: "make a 10k white gold ring, sandblasted, US 10 1/2, 7 mm topaz",
    expect: create({
      metal: "10k_white_gold",
      finish: "sandblasted",
      size: "10 1/2",
      size_system: "us",
      stone_diameter_mm: 7,
      stone: "topaz",
    }),
  },
  {
    say: "Ring in 22k gold, Italian size 14, 4 mm sapphire, 4 prongs, D shape band",
    expect: create({
      metal: "22k_yellow_gold",
      size: "14",
      size_system: "it",
      stone_diameter_mm: 4,
      stone: "sapphire",
      prongs: 4,
      band_profile: "d",
    }),
  },
  {
    say: "steel ring, band 4 mm wide, 2 mm thick, satin finish, US 11",
    expect: create({
      metal: "stainless_steel",
      band_width_mm: 4,
      band_thickness_mm: 2,
      finish: "satin",
      size: "11",
      size_system: "us",
    }),
  },
  { say: "export 3mf, shrinkage 1.3 %", expect: save("3mf", { shrinkage_pct: 1.3 }) },
  { say: "Write the STL with 3.5 % shrinkage", expect: save("stl", { shrinkage_pct: 3.5 }) },
  { say: "set band width to 2.6 mm", context: "ring", expect: set({ band_width_mm: 2.6 }) },
  { say: "change prong thickness to 1.2 mm", context: "ring", expect: set({ prong_diameter_mm: 1.2 }) },
  { say: "switch finish to satin", context: "ring", expect: set({ finish: "satin" }) },
  { say: "set the stone to 7 mm", context: "ring", expect: set({ stone_diameter_mm: 7 }) },
  {
    say: "change the metal to 18k rose gold and the size to US 6.5",
    context: "ring",
    expect: set({ metal: "18k_rose_gold", size: "6.5", size_system: "us" }),
  },
  { say: "change the stone to a 2 carat emerald", context: "ring", expect: set({ stone: "emerald", carat: 2 }) },
  // A customer at the counter.
  {
    say: "I'd like a platinum ring with a one carat diamond, please.",
    expect: create({ metal: "platinum_950", carat: 1, stone: "diamond" }),
  },
  {
    say: "Could I have a rose gold ring with a morganite?",
    expect: create({ metal: "14k_rose_gold", stone: "morganite" }),
  },
  {
    say: "Please make a ring in 18 carat white gold with a half carat sapphire in UK size K.",
    expect: create({ metal: "18k_white_gold", carat: 0.5, stone: "sapphire", size: "K", size_system: "uk" }),
  },
  {
    say: "I would like a silver ring with an aquamarine of 1.5 carats.",
    expect: create({ metal: "sterling_silver", stone: "aquamarine", carat: 1.5 }),
  },
  {
    say: "Can you make me a yellow gold ring with a ruby and four prongs?",
    expect: create({ metal: "14k_yellow_gold", stone: "ruby", prongs: 4 }),
  },
  {
    say: "We'd like an engagement ring in platinum, US size 5 1/2, with a two carat diamond.",
    expect: create({ metal: "platinum_950", size: "5 1/2", size_system: "us", carat: 2, stone: "diamond" }),
  },
  {
    say: "A gold ring named Sunrise with a 6 mm garnet",
    expect: create({ metal: "14k_yellow_gold", name: "Sunrise", stone_diameter_mm: 6, stone: "almandine" }),
  },
  {
    say: 'Make a white gold ring called "North Star" with a three quarter carat diamond',
    expect: create({ metal: "14k_white_gold", name: "North Star", carat: 0.75, stone: "diamond" }),
  },
  {
    say: "I want a titanium ring, size 10 US, brushed",
    expect: create({ metal: "titanium", size: "10", size_system: "us", finish: "satin" }),
  },
  { say: "Please change the ring to platinum.", context: "ring", expect: set({ metal: "platinum_950" }) },
  { say: "Make the band 3 mm wide, please.", context: "ring", expect: set({ band_width_mm: 3 }) },
  { say: "Could you make it size 8 US?", context: "ring", expect: set({ size: "8", size_system: "us" }) },
  { say: "Can you change the diamond to a sapphire?", context: "ring", expect: set({ stone: "sapphire" }) },
  { say: "Please undo that.", context: "ring", expect: steps("undo") },
  { say: "Show me the ring, please.", context: "ring", expect: show() },
  { say: "Please export the ring as STL.", context: "ring", expect: save("stl") },
  { say: "Save it as a GLB file.", context: "ring", expect: save("glb") },
  { say: "What have I made?", expect: calls(call("studio_find")) },
  { say: "What can you do?", expect: calls(call("studio_help")) },
  { say: "List my jobs", expect: calls(call("job_list")) },
  { say: "Is everything working?", expect: calls(call("studio_status")) },
  // Not their first language.
  {
    say: "I want ring of platinum with diamond 1 carat",
    expect: create({ metal: "platinum_950", stone: "diamond", carat: 1 }),
  },
  {
    say: "Please make one ring in gold 18k with ruby 5 mm",
    expect: create({ metal: "18k_yellow_gold", stone: "ruby", stone_diameter_mm: 5 }),
  },
  {
    say: "Ring from silver, size 54 EU, stone amethyst",
    expect: create({ metal: "sterling_silver", size: "54", size_system: "iso", stone: "amethyst" }),
  },
  {
    say: "Make ring white gold 14k, size american 6, diamond 0,8 carat",
    expect: create({ metal: "14k_white_gold", size: "6", size_system: "us", stone: "diamond", carat: 0.8 }),
  },
  { say: "Make the ring size british P", context: "ring", expect: set({ size: "P", size_system: "uk" }) },
  { say: "Change please the metal in palladium", context: "ring", expect: set({ metal: "palladium_950" }) },
  { say: "Band width of 2,8 mm please", context: "ring", expect: set({ band_width_mm: 2.8 }) },
  { say: "I need file STL of the ring", context: "ring", expect: save("stl") },
  {
    say: "Create ring with stone topaz blue 6 mm in silver",
    expect: create({ stone: "topaz", stone_diameter_mm: 6, metal: "sterling_silver" }),
  },
  // Terse.
  {
    say: "platinum solitaire 1ct US 6",
    expect: create({ metal: "platinum_950", carat: 1, size: "6", size_system: "us" }),
  },
  {
    say: "18k rose gold ring, 1.5ct, UK L",
    expect: create({ metal: "18k_rose_gold", carat: 1.5, size: "L", size_system: "uk" }),
  },
  { say: "silver ring, garnet, 4 prongs", expect: create({ metal: "sterling_silver", stone: "almandine", prongs: 4 }) },
  { say: "redo", context: "ring", expect: steps("redo") },
  { say: "undo", context: "ring", expect: steps("undo") },
  { say: "stl", context: "ring", expect: save("stl") },
  { say: "show revision 2", context: "ring", expect: show({ revision: 2 }) },
  { say: "compare with revision 1", context: "ring", expect: show({ compare_with: 1 }) },
  { say: "band 2.5 mm", context: "ring", expect: set({ band_width_mm: 2.5 }) },
  { say: "4 prongs", context: "ring", expect: set({ prongs: 4 }) },
  { say: "flat band", context: "ring", expect: set({ band_profile: "flat" }) },
  { say: "size US 8", context: "ring", expect: set({ size: "8", size_system: "us" }) },
  // Longer, by somebody who plans.
  {
    say: "Please create a solitaire ring in 14k rose gold, US size 6.75, with a round diamond of 1.1 carats held by six prongs, a comfort fit band 2 mm wide and 1.7 mm thick, and export the STL and the GLB.",
    expect: create({
      metal: "14k_rose_gold",
      size: "6.75",
      size_system: "us",
      stone: "diamond",
      carat: 1.1,
      prongs: 6,
      band_profile: "comfort",
      band_width_mm: 2,
      band_thickness_mm: 1.7,
      files: ["stl", "glb"],
    }),
  },
  {
    say: "Design a ring in palladium with a seven millimetre tanzanite, four prongs, a flat band two and a half millimetres wide, and a satin finish",
    expect: create({
      metal: "palladium_950",
      stone_diameter_mm: 7,
      stone: "tanzanite",
      prongs: 4,
      band_profile: "flat",
      band_width_mm: 2.5,
      finish: "satin",
    }),
  },
  {
    say: "Set the size to UK N½, the metal to 18k yellow gold and the band thickness to 1.6 mm",
    context: "ring",
    expect: set({ size: "N½", size_system: "uk", metal: "18k_yellow_gold", band_thickness_mm: 1.6 }),
  },
]
