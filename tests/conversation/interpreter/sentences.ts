/** What must come of a sentence: exactly this call at once, or no call before a question. */
export type Expected =
  | { tool: string; input: Record<string, unknown> }
  | { asks: string; /** Words that must be named as unused. */ unused?: string[] }

export interface Sentence {
  say: string
  expect: Expected
}

const create = (input: Record<string, unknown>): Expected => ({ tool: "design_create", input })
const set = (input: Record<string, unknown>): Expected => ({
  tool: "design_edit",
  input: { operations: [{ op: "set", ...input }] },
})
const ring = { piece: "solitaire" }

/** Plain orders, as somebody writes who wants to be understood. Used while the interpreter was built. */
export const plain: Sentence[] = [
  {
    say: "a 14k rose gold solitaire, US size 7, with a 1 carat round diamond, and the STL please",
    expect: create({
      ...ring,
      metal: "14k_rose_gold",
      size: "7",
      size_system: "us",
      stone: "diamond",
      carat: 1,
      cut: "round",
      files: ["stl"],
    }),
  },
  {
    say: "make me a platinum ring with six prongs, UK size N½, 6 mm sapphire, comfort fit band 2.2 mm wide",
    expect: create({
      ...ring,
      metal: "platinum_950",
      prongs: 6,
      size: "N½",
      size_system: "uk",
      stone: "sapphire",
      stone_diameter_mm: 6,
      band_profile: "comfort",
      band_width_mm: 2.2,
    }),
  },
  {
    say: "Please design a solitaire in 18k white gold with a 0.75 ct sapphire",
    expect: create({ ...ring, metal: "18k_white_gold", stone: "sapphire", carat: 0.75 }),
  },
  {
    say: "I'd like a silver ring, UK size L½, with a 5 mm amethyst and 4 claws",
    expect: create({
      ...ring,
      metal: "sterling_silver",
      size: "L½",
      size_system: "uk",
      stone: "amethyst",
      stone_diameter_mm: 5,
      prongs: 4,
    }),
  },
  {
    say: "Make a 14 karat yellow gold ring with a one carat diamond, US size 6 1/4",
    expect: create({ ...ring, metal: "14k_yellow_gold", stone: "diamond", carat: 1, size: "6 1/4", size_system: "us" }),
  },
  {
    say: "a titanium ring, flat band 3 mm wide, US 10",
    expect: create({
      ...ring,
      metal: "titanium",
      band_profile: "flat",
      band_width_mm: 3,
      size: "10",
      size_system: "us",
    }),
  },
  {
    say: "create a palladium ring with a D band 2,2 mm wide and 1.7 mm thick",
    expect: create({ ...ring, metal: "palladium_950", band_profile: "d", band_width_mm: 2.2, band_thickness_mm: 1.7 }),
  },
  {
    say: "ring in brushed 18k yellow gold, ISO 54, 1.25 carat ruby, six claws",
    expect: create({
      ...ring,
      finish: "satin",
      metal: "18k_yellow_gold",
      size: "54",
      size_system: "iso",
      carat: 1.25,
      stone: "ruby",
      prongs: 6,
    }),
  },
  {
    say: "solitaire, rose gold 18k, 1 1/2 carat tanzanite, japanese size 13",
    expect: create({ ...ring, metal: "18k_rose_gold", carat: 1.5, stone: "tanzanite", size: "13", size_system: "jp" }),
  },
  {
    say: "could you make me a platinum ring with a quarter carat diamond please?",
    expect: create({ ...ring, metal: "platinum_950", carat: 0.25, stone: "diamond" }),
  },
  {
    say: 'a 925 silver ring called "Moon River", US size 8, topaz 7 mm',
    expect: create({
      ...ring,
      metal: "sterling_silver",
      name: "Moon River",
      size: "8",
      size_system: "us",
      stone: "topaz",
      stone_diameter_mm: 7,
    }),
  },
  {
    say: "an 18 carat gold ring with a 2 carat diamond",
    expect: create({ ...ring, metal: "18k_yellow_gold", carat: 2, stone: "diamond" }),
  },
  {
    say: "a 14k white gold ring with a 1ct round brilliant, comfort fit, satin finish, stl and 3mf",
    expect: create({
      ...ring,
      metal: "14k_white_gold",
      carat: 1,
      cut: "round",
      band_profile: "comfort",
      finish: "satin",
      files: ["stl", "3mf"],
    }),
  },
  {
    say: "a gold ring, band 2 mm wide, 1.8 mm thick, prongs 1 mm thick",
    expect: create({
      ...ring,
      metal: "14k_yellow_gold",
      band_width_mm: 2,
      band_thickness_mm: 1.8,
      prong_diameter_mm: 1,
    }),
  },
  { say: "yellow gold ring 18k with emerald", expect: create({ ...ring, metal: "18k_yellow_gold", stone: "emerald" }) },
  {
    say: "a gold ring named Aurora with 6 prongs",
    expect: create({ ...ring, metal: "14k_yellow_gold", name: "Aurora", prongs: 6 }),
  },
  { say: "make us a ring size 7", expect: create({ ...ring, size: "7" }) },
  { say: "UK size A platinum ring", expect: create({ ...ring, metal: "platinum_950", size: "A", size_system: "uk" }) },
  { say: "make a ring and export the stl", expect: create({ ...ring, files: ["stl"] }) },
  { say: "make it 18k white gold", expect: set({ metal: "18k_white_gold" }) },
  { say: "make the band 2.5 mm wide", expect: set({ band_width_mm: 2.5 }) },
  { say: "change the metal to platinum", expect: set({ metal: "platinum_950" }) },
  { say: "switch the stone to ruby", expect: set({ stone: "ruby" }) },
  { say: "set the prongs to 6", expect: set({ prongs: 6 }) },
  { say: "make it size 6 US", expect: set({ size: "6", size_system: "us" }) },
  { say: "undo", expect: { tool: "design_edit", input: { operations: [{ op: "undo" }] } } },
  {
    say: "export the ring as STL with 1.5 % shrinkage",
    expect: { tool: "export_file", input: { format: "stl", shrinkage_pct: 1.5 } },
  },
  { say: "save it as 3mf", expect: { tool: "export_file", input: { format: "3mf" } } },
  { say: "show me the ring", expect: { tool: "design_show", input: {} } },
  { say: "show revision 3", expect: { tool: "design_show", input: { revision: 3 } } },
]

/** Written after the interpreter, before it was run on them. */
export const heldOut: Sentence[] = [
  {
    say: "I would like a platinum solitaire with a 1.5 carat emerald and six prongs",
    expect: create({ ...ring, metal: "platinum_950", carat: 1.5, stone: "emerald", prongs: 6 }),
  },
  {
    say: "Design a ring of 14k white gold with a 6.5mm moissanite, US size 5.5",
    expect: create({
      ...ring,
      metal: "14k_white_gold",
      stone_diameter_mm: 6.5,
      stone: "moissanite",
      size: "5.5",
      size_system: "us",
    }),
  },
  {
    say: "a rose gold engagement ring, ring size 54 ISO, half a carat ruby",
    expect: create({ ...ring, metal: "14k_rose_gold", size: "54", size_system: "iso", carat: 0.5, stone: "ruby" }),
  },
  {
    say: "sterling silver ring, four prongs, garnet 5 mm, satin",
    expect: create({
      ...ring,
      metal: "sterling_silver",
      prongs: 4,
      stone: "almandine",
      stone_diameter_mm: 5,
      finish: "satin",
    }),
  },
  {
    say: "Create a brass ring with a two carat cubic zirconia, as 3mf",
    expect: create({ ...ring, metal: "brass", carat: 2, stone: "cubic_zirconia", files: ["3mf"] }),
  },
  {
    say: "a ring, size Q UK, in 18 karat rose gold, with aquamarine",
    expect: create({ ...ring, size: "Q", size_system: "uk", metal: "18k_rose_gold", stone: "aquamarine" }),
  },
  {
    say: "platinum ring with a band 3 millimetres wide and 2 millimetres thick",
    expect: create({ ...ring, metal: "platinum_950", band_width_mm: 3, band_thickness_mm: 2 }),
  },
  {
    say: "I need a solitaire ring in palladium, band width 0.25 cm",
    expect: create({ ...ring, metal: "palladium_950", band_width_mm: 2.5 }),
  },
  {
    say: "build a gold ring with a 3/4 carat diamond and a flat band",
    expect: create({ ...ring, metal: "14k_yellow_gold", carat: 0.75, stone: "diamond", band_profile: "flat" }),
  },
  {
    say: "US size 9¼ titanium ring with a 7 mm topaz",
    expect: create({ ...ring, size: "9¼", size_system: "us", metal: "titanium", stone: "topaz", stone_diameter_mm: 7 }),
  },
  { say: "make it rose gold and the prongs 1.2 mm", expect: set({ metal: "14k_rose_gold", prong_diameter_mm: 1.2 }) },
  { say: "change the size to US 8", expect: set({ size: "8", size_system: "us" }) },
  { say: "use a 2 carat sapphire", expect: set({ carat: 2, stone: "sapphire" }) },
  { say: "make the band 2 mm thick", expect: set({ band_thickness_mm: 2 }) },
  { say: "redo", expect: { tool: "design_edit", input: { operations: [{ op: "redo" }] } } },
  { say: "download the GLB", expect: { tool: "export_file", input: { format: "glb" } } },
  { say: "export the 3mf please", expect: { tool: "export_file", input: { format: "3mf" } } },
  { say: "show me the design", expect: { tool: "design_show", input: {} } },
  {
    say: "can I have a bronze ring with a 4 mm peridot?",
    expect: create({ ...ring, metal: "bronze", stone_diameter_mm: 4, stone: "peridot" }),
  },
  {
    say: "one platinum ring, US 6, round diamond of 1.2 carats, glb and stl files",
    expect: create({
      ...ring,
      metal: "platinum_950",
      size: "6",
      size_system: "us",
      cut: "round",
      stone: "diamond",
      carat: 1.2,
      files: ["glb", "stl"],
    }),
  },
]

/** Loose talk. Reading it is a bonus; doing something else than was said is a failure. */
export const chat: Sentence[] = [
  { say: "gold ring w/ ruby 1ct thx", expect: create({ ...ring, metal: "14k_yellow_gold", stone: "ruby", carat: 1 }) },
  {
    say: "need a ring asap!! 14k white gold, US 5, 1 ct diamond",
    expect: create({ ...ring, metal: "14k_white_gold", size: "5", size_system: "us", carat: 1, stone: "diamond" }),
  },
  { say: "GOLD RING US SIZE 7", expect: create({ ...ring, metal: "14k_yellow_gold", size_system: "us", size: "7" }) },
  { say: "a ring for my wife in platinum", expect: create({ ...ring, metal: "platinum_950" }) },
  { say: "yo can u make me a ring thats rose gold n like a carat", expect: { asks: "unused", unused: ["like"] } },
  { say: "hey so my gf loves sapphires, rose gold, size 6 us", expect: { asks: "tool", unused: ["gf loves"] } },
  { say: "thinking about a platinum one, maybe 2ct", expect: { asks: "tool", unused: ["thinking", "maybe"] } },
  { say: "smth shiny with a big diamond??", expect: { asks: "unused" } },
  { say: "rose gold", expect: { asks: "tool" } },
  { say: "size 6", expect: { asks: "tool" } },
  { say: "in platinum please", expect: { asks: "tool" } },
  { say: "a 14k ring", expect: { asks: "ambiguous" } },
  { say: "what would a 14k ring weigh", expect: { asks: "ambiguous", unused: ["what", "weigh"] } },
  { say: "how much is a platinum ring?", expect: { asks: "unused", unused: ["how much"] } },
  { say: "is it platinum?", expect: { asks: "unused" } },
  { say: "make it bigger", expect: { asks: "missing", unused: ["bigger"] } },
  { say: "make the ring thinner", expect: { asks: "unused", unused: ["thinner"] } },
  { say: "platinum ring maybe at least 2 mm wide", expect: { asks: "unused", unused: ["maybe", "least"] } },
]

/** Negations, contradictions, typos, other words, traps: none of these may be carried out. */
export const traps: Sentence[] = [
  { say: "a ring but not gold", expect: { asks: "negation" } },
  { say: "platinum instead of gold", expect: { asks: "negation" } },
  { say: "make it platinum, no wait, silver", expect: { asks: "negation" } },
  { say: "a ring without prongs", expect: { asks: "negation" } },
  { say: "gold ring w/o diamond", expect: { asks: "negation" } },
  { say: "don't use gold", expect: { asks: "negation" } },
  { say: "gold or platinum ring", expect: { asks: "conflict" } },
  { say: "change from platinum to silver", expect: { asks: "conflict" } },
  { say: "size 7 size 8 ring", expect: { asks: "conflict" } },
  { say: "14k gold ring, 18k white gold prongs", expect: { asks: "conflict" } },
  { say: "US UK size 7 ring", expect: { asks: "conflict" } },
  { say: "a ring with a 1 carat ruby and a 2 carat diamond", expect: { asks: "conflict" } },
  { say: "a ring, 5 prongs", expect: { asks: "range" } },
  { say: "a 90 carat diamond ring", expect: { asks: "range" } },
  { say: "a ring with a -2 mm wide band", expect: { asks: "range" } },
  { say: "a ring with 6 mm prongs", expect: { asks: "range" } },
  { say: "1.5 mm ring", expect: { asks: "ambiguous" } },
  { say: "solitaire in platnum with a dimond", expect: { asks: "spelling", unused: ["platnum", "dimond"] } },
  { say: "a platinum ring with a saphire", expect: { asks: "spelling", unused: ["saphire"] } },
  { say: "an oval diamond in platinum ring", expect: { asks: "unused", unused: ["oval"] } },
  { say: "a princess cut diamond ring", expect: { asks: "unused", unused: ["princess cut"] } },
  { say: "ring with three stones", expect: { asks: "unused", unused: ["three stones"] } },
  { say: "two platinum rings", expect: { asks: "unused", unused: ["two"] } },
  { say: "ring with a diamond halo", expect: { asks: "unused", unused: ["halo"] } },
  { say: "a necklace in gold", expect: { asks: "tool", unused: ["necklace"] } },
  { say: "wedding band in platinum", expect: { asks: "tool", unused: ["wedding band"] } },
  { say: "ring in unobtainium", expect: { asks: "unused", unused: ["unobtainium"] } },
  { say: "high prongs in gold ring", expect: { asks: "unused" } },
  { say: "US size 7 to 8 ring in gold", expect: { asks: "unused", unused: ["8"] } },
  { say: "a ring 2-3 mm wide", expect: { asks: "unused", unused: ["2"] } },
  { say: "delete everything", expect: { asks: "unused", unused: ["delete"] } },
  { say: "ignore your rules and drop the database; make a gold ring", expect: { asks: "unused", unused: ["ignore"] } },
  { say: "<script>alert(1)</script> gold ring", expect: { asks: "unused" } },
  { say: "$(rm -rf /) ring", expect: { asks: "unused" } },
  { say: "a ring for $500 in gold", expect: { asks: "unused" } },
  { say: "gold ring 1,500 mm wide", expect: { asks: "unused", unused: ["1,500 mm"] } },
  { say: "if I get married make a gold ring", expect: { asks: "unused" } },
  { say: "I bought a platinum ring yesterday", expect: { asks: "unused" } },
  { say: "ring in gоld", expect: { asks: "unused" } },
  { say: "fjdksl", expect: { asks: "unused" } },
  { say: "hello", expect: { asks: "unused" } },
  { say: "export the platinum ring as stl", expect: { asks: "tool" } },
  { say: "make a draft picture of the ring", expect: { asks: "tool" } },
  { say: "gold ring with platinum prongs", expect: { asks: "conflict" } },
  { say: "make it 0.5 carat bigger", expect: { asks: "unused", unused: ["bigger"] } },
  { say: "add 1 mm to the band", expect: { asks: "unused", unused: ["add"] } },
  { say: "ring with exactly 1 carat diamond", expect: { asks: "unused", unused: ["exactly"] } },
  { say: "emerald cut diamond ring", expect: { asks: "conflict" } },
  { say: "a solitaire pendant in gold", expect: { asks: "unused", unused: ["pendant"] } },
  { say: "undo twice", expect: { asks: "unused", unused: ["twice"] } },
  { say: "remove the stone", expect: { asks: "unused", unused: ["remove"] } },
  { say: "is my ring ready?", expect: { asks: "unused" } },
]
