import { asks, between, call, calls, copy, create, save, set, show, steps } from "#tests/eval/row.ts"
import type { Row } from "#tests/eval/row.ts"

const other = { design: "design_ring2" }
/** The second ring of the conversation. */
const setOther = (input: Record<string, unknown>) =>
  calls(call("design_edit", { ...other, operations: [{ op: "set", ...input }] }))

/** A bench jeweller with a job bag in one hand. */
const bench: Row[] = [
  {
    say: "18kw sol, sz 6.5, 1.5ct moiss, 6 prong, 2mm comfort fit",
    expect: asks, // "sol" is short for too much
  },
  {
    say: "14kyg solitaire us 7 6mm sapphire 4 prong",
    expect: create({
      metal: "14k_yellow_gold",
      size: "7",
      size_system: "us",
      stone: "sapphire",
      stone_diameter_mm: 6,
      prongs: 4,
    }),
  },
  {
    say: "plat 950 ring, UK P, 5.5mm diamond, claws 1.1mm, 2.4mm flat band",
    expect: create({
      metal: "platinum_950",
      size: "P",
      size_system: "uk",
      stone: "diamond",
      stone_diameter_mm: 5.5,
      prong_diameter_mm: 1.1,
      band_width_mm: 2.4,
      band_profile: "flat",
    }),
  },
  {
    say: "10k rg, us 5, 0.75ct morganite, 1.8 band",
    expect: asks, // nothing says that it is a new one, or of what kind
  },
  {
    say: "ring 18k wg us 6 1.01ct diamond 2.2w 1.8t",
    expect: asks,
  },
  { say: "bring the shank down to 1.6 mm thick", context: "ring", expect: set({ band_thickness_mm: 1.6 }) },
  { say: "open the band up to 2.8", context: "ring", expect: set({ band_width_mm: 2.8 }) },
  {
    say: "claws 1.2mm, band 2.5mm, satin",
    context: "ring",
    expect: set({ prong_diameter_mm: 1.2, band_width_mm: 2.5, finish: "satin" }),
  },
  { say: "drop it half a size", context: "ring", expect: set({ size: "US 6.5" }) },
  { say: "size up a quarter", context: "ring", expect: set({ size: "US 7.25" }) },
  { say: "reduce the stone by 0.5 mm", context: "ring", expect: set({ stone_diameter_mm: 6 }) },
  { say: "go to four claw", context: "ring", expect: set({ prongs: 4 }) },
  { say: "3mf at 1.8% shrinkage", context: "ring", expect: save("3mf", { shrinkage_pct: 1.8 }) },
  { say: "shoot me the stl", context: "ring", expect: save("stl") },
]

/** Couples, and people who buy a present. */
const counter: Row[] = [
  {
    say: "Hi there! We've been saving up and we'd love a platinum ring with a 1.2 carat diamond, she's a size 6 US",
    expect: asks, // "been saving up": talk that nobody can be sure of
  },
  {
    say: "My fiancé wants a rose gold ring with a sapphire, US 7",
    expect: create({ metal: "14k_rose_gold", stone: "sapphire", size: "7", size_system: "us" }),
  },
  {
    say: "do you think you could make me a palladium ring with an emerald, UK size M?",
    expect: create({ metal: "palladium_950", stone: "emerald", size: "M", size_system: "uk" }),
  },
  {
    say: "I'm after a white gold ring, one carat diamond, size K UK",
    expect: create({ metal: "14k_white_gold", carat: 1, stone: "diamond", size: "K", size_system: "uk" }),
  },
  {
    say: "looking for a silver ring with a garnet for my sister, US 8",
    expect: create({ metal: "sterling_silver", stone: "almandine", size: "8", size_system: "us" }),
  },
  {
    say: "would it be possible to get a titanium ring in size US 11?",
    expect: create({ metal: "titanium", size: "11", size_system: "us" }),
  },
  { say: "Would you mind changing it to white gold?", context: "ring", expect: set({ metal: "14k_white_gold" }) },
  { say: "we've decided on platinum", context: "ring", expect: set({ metal: "platinum_950" }) },
  { say: "my husband prefers a flat band", context: "ring", expect: set({ band_profile: "flat" }) },
  { say: "she takes a size 5 us", context: "ring", expect: set({ size: "5", size_system: "us" }) },
  { say: "I'd rather have six prongs", context: "white", expect: set({ prongs: 6 }) },
  { say: "could I see it with a ruby please", context: "ring", expect: set({ stone: "ruby" }) },
  {
    say: "is there any way to make the stone a bit bigger?",
    context: "ring",
    expect: set({ stone_diameter_mm: between(6.6, 7.5) }),
  },
  { say: "the metal needs to be platinum", context: "ring", expect: set({ metal: "platinum_950" }) },
  { say: "it should be satin", context: "ring", expect: set({ finish: "satin" }) },
  { say: "I think a comfort fit band would be better", context: "ring", expect: set({ band_profile: "comfort" }) },
  { say: "can it be in rose gold instead?", context: "ring", expect: set({ metal: "14k_rose_gold" }) },
  { say: "Is it very heavy?", context: "ring", expect: asks },
  { say: "how heavy is it?", context: "ring", expect: show() },
  { say: "will it be strong enough for every day?", context: "ring", expect: asks },
  { say: "my mother in law thinks it should be gold", context: "ring", expect: asks },
  { say: "what would you do?", context: "ring", expect: calls(call("studio_help")) },
  { say: "she loves emeralds", context: "ring", expect: asks },
  { say: "I saw one in platinum that I liked", context: "ring", expect: asks },
  { say: "we can't decide between platinum and gold", context: "ring", expect: asks },
  { say: "something like this but for a man", context: "ring", expect: asks },
]

/** Fast hands. */
const typos: Row[] = [
  { say: "make teh band 2.5mm", context: "ring", expect: set({ band_width_mm: 2.5 }) },
  { say: "cahnge it to platinum", context: "ring", expect: set({ metal: "platinum_950" }) },
  { say: "pelase mkae it satin", context: "ring", expect: set({ finish: "satin" }) },
  { say: "i watn a ruby", context: "ring", expect: set({ stone: "ruby" }) },
  { say: "platnium pls", context: "ring", expect: asks },
  { say: "2.5 mm bnad", context: "ring", expect: asks },
  { say: "make it wdier", context: "ring", expect: asks },
  { say: "UNDO!!", context: "ring", expect: steps("undo") },
  { say: "4prongs", context: "ring", expect: set({ prongs: 4 }) },
  { say: "size6.5", context: "ring", expect: set({ size: "6.5" }) },
  { say: "3 mm,please", context: "ring", expect: asks },
  {
    say: "rose gold,6 prongs,7mm stone",
    context: "white",
    expect: set({ metal: "18k_rose_gold", prongs: 6, stone_diameter_mm: 7 }),
  },
]

/** Inches, centimetres, microns, words for numbers. */
const units: Row[] = [
  { say: "make the band 1/8 inch wide", context: "ring", expect: set({ band_width_mm: between(3.17, 3.18) }) },
  { say: 'band 3/32" wide', context: "ring", expect: set({ band_width_mm: between(2.38, 2.39) }) },
  { say: "0.2 cm thick", context: "ring", expect: set({ band_thickness_mm: 2 }) },
  { say: "the stone should be a quarter of an inch", context: "ring", expect: set({ stone_diameter_mm: 6.35 }) },
  { say: "200 microns thinner", context: "ring", expect: set({ band_thickness_mm: 1.6 }) },
  { say: "three and a half mil wide", context: "ring", expect: set({ band_width_mm: 3.5 }) },
  { say: "a tenth of a millimetre thicker", context: "ring", expect: set({ band_thickness_mm: 1.9 }) },
  { say: "widen it by a quarter of a millimetre", context: "ring", expect: set({ band_width_mm: 2.45 }) },
  { say: "increase the width by 10%", context: "ring", expect: set({ band_width_mm: 2.42 }) },
  { say: "one and a quarter carats", context: "ring", expect: set({ carat: 1.25 }) },
  { say: "make it weigh 4 grams", context: "ring", expect: asks },
  { say: "50 points", context: "ring", expect: asks },
]

/** Said of an 18k white gold ring with an emerald, four prongs, satin, UK M. */
const eighteen: Row[] = [
  { say: "make it rose gold", context: "white", expect: set({ metal: "18k_rose_gold" }) },
  { say: "yellow gold instead", context: "white", expect: set({ metal: "18k_yellow_gold" }) },
  { say: "in yellow", context: "white", expect: set({ metal: "18k_yellow_gold" }) },
  { say: "go down to 14k", context: "white", expect: set({ metal: "14k_white_gold" }) },
  { say: "14k rose gold", context: "white", expect: set({ metal: "14k_rose_gold" }) },
  { say: "the same in yellow gold as well", context: "white", expect: copyOf({ metal: "18k_yellow_gold" }) },
  { say: "make it silver", context: "white", expect: set({ metal: "sterling_silver" }) },
  { say: "swap the emerald for a ruby", context: "white", expect: set({ stone: "ruby" }) },
  { say: "from satin to polished", context: "white", expect: set({ finish: "polished" }) },
  { say: "go up one size", context: "white", expect: set({ size: "UK N" }) },
  { say: "half a size down", context: "white", expect: set({ size: "UK L½" }) },
  { say: "two more prongs", context: "white", expect: set({ prongs: 6 }) },
  { say: "add two prongs", context: "white", expect: set({ prongs: 6 }) },
  { say: "lose the satin", context: "white", expect: asks },
  { say: "make it green", context: "white", expect: set({ metal: "18k_green_gold" }) },
]

/** Second thoughts. */
const corrections: Row[] = [
  { say: "wait, make that 3mm wide", context: "ring", expect: set({ band_width_mm: 3 }) },
  { say: "oh sorry I meant 18k white gold", context: "ring", expect: set({ metal: "18k_white_gold" }) },
  { say: "changed my mind, silver", context: "ring", expect: set({ metal: "sterling_silver" }) },
  { say: "on second thought a sapphire", context: "ring", expect: set({ stone: "sapphire" }) },
  { say: "scratch that", context: "ring", expect: steps("undo") },
  { say: "never mind, go back", context: "ring", expect: steps("undo") },
  { say: "revert the last change", context: "ring", expect: steps("undo") },
  { say: "no, the other way round", context: "ring", expect: asks },
  { say: "that's not what I meant", context: "ring", expect: asks },
  { say: "not 2mm, 3mm", context: "ring", expect: asks },
  { say: "too thick. 1.5mm", context: "ring", expect: set({ band_thickness_mm: 1.5 }) },
  { say: "that's too narrow, make it 2.8mm", context: "ring", expect: set({ band_width_mm: 2.8 }) },
  { say: "band's too thin, thicken it by 0.3mm", context: "ring", expect: set({ band_thickness_mm: 2.1 }) },
  { say: "the prongs look too chunky", context: "ring", expect: asks },
  { say: "keep the stone but make the band platinum", context: "ring", expect: asks },
  { say: "keep the metal, change the stone to a ruby", context: "ring", expect: set({ stone: "ruby" }) },
  { say: "leave everything else, just make it US 8", context: "ring", expect: set({ size: "8", size_system: "us" }) },
  { say: "change the size from 7 to 7.5", context: "ring", expect: set({ size: "7.5" }) },
  { say: "change the metal from silver to gold", context: "ring", expect: asks },
  { say: "back to six prongs", context: "white", expect: set({ prongs: 6 }) },
  { say: "put it back the way it was", context: "ring", expect: steps("undo") },
  { say: "undo the last three", context: "ring", expect: steps("undo", "undo", "undo") },
]

/** The one in front, and the other one. */
const between_: Row[] = [
  { say: "make the other one a bit wider", context: "two", expect: asks }, // its width is not at hand
  { say: "the other one in silver please", context: "two", expect: setOther({ metal: "sterling_silver" }) },
  { say: "and now the other one with a ruby", context: "two", expect: setOther({ stone: "ruby" }) },
  {
    say: "make both of them satin",
    context: "two",
    expect: calls(
      call("design_edit", { operations: [{ op: "set", finish: "satin" }] }),
      call("design_edit", { ...other, operations: [{ op: "set", finish: "satin" }] }),
    ),
  },
  { say: "one more like it in palladium", context: "ring", expect: copy({ metal: "palladium_950" }) },
  { say: "a copy with a ruby", context: "ring", expect: copy({ stone: "ruby" }) },
  {
    say: "make it wider, then wider again",
    context: "ring",
    expect: calls(
      call("design_edit", { operations: [{ op: "set", band_width_mm: between(2.4, 2.8) }] }),
      call("design_edit", { operations: [{ op: "set", band_width_mm: between(2.8, 3.5) }] }),
    ),
  },
  {
    say: "platinum. then the stl",
    context: "ring",
    expect: {
      calls: [
        call("design_edit", { operations: [{ op: "set", metal: "platinum_950" }] }),
        call("export_file", { format: "stl" }),
      ],
      or: [[call("design_edit", { operations: [{ op: "set", metal: "platinum_950" }], files: ["stl"] })]],
    },
  },
  { say: "what changed?", context: "ring", expect: show({ compare_with: 3 }) },
  { say: "show me all the versions", context: "ring", expect: show() },
  { say: "how does it look now?", context: "ring", expect: show() },
  { say: "how many prongs does it have?", context: "ring", expect: asks },
  { say: "what's the carat weight?", context: "ring", expect: asks },
]

/** Nearly an order. What is asked here is carried out by whoever reads too fast. */
const traps: Row[] = [
  { say: "raise the stone by 0.5 mm", context: "ring", expect: asks }, // higher, not larger
  { say: "lower the stone a bit", context: "ring", expect: asks },
  { say: "drop the stone", context: "ring", expect: asks },
  { say: "narrow band", context: "ring", expect: asks },
  { say: "a thin band in platinum", context: "ring", expect: asks },
  { say: "1.5 diamond", context: "ring", expect: asks }, // carats or millimetres
  { say: "take it down to 3 mm wide", context: "ring", expect: asks }, // it is 2.2
  { say: "too wide, make it 3 mm", context: "ring", expect: asks },
  { say: "change the thickness from 2.2 to 2.6 mm", context: "ring", expect: asks }, // that is the width
  { say: "keep the width but make it 3 mm wide", context: "ring", expect: asks },
  { say: "back to gold", context: "ring", expect: asks }, // which gold it was is not known here
  { say: "if it's under 5 grams make it platinum", context: "ring", expect: asks },
  { say: "make it platinum unless that's too heavy", context: "ring", expect: asks },
  { say: "platinum is better than gold", context: "ring", expect: asks },
  { say: "which looks better, gold or platinum?", context: "ring", expect: asks },
  { say: "she said platinum is too grey", context: "ring", expect: asks },
  { say: "make the band 3 mm at the top and 2 mm at the bottom", context: "ring", expect: asks },
  { say: "2 to 3 mm wide", context: "ring", expect: asks },
  { say: "platinum prongs on a gold band", context: "ring", expect: asks },
  { say: "increase the width by 10", context: "ring", expect: asks },
  { say: "make it 3 mm wide in the picture", context: "ring", expect: asks },
  { say: "I need it by Friday in platinum", context: "ring", expect: asks },
  { say: "call it Aurora", context: "ring", expect: asks },
  { say: 'name this one "For Anna"', context: "ring", expect: asks },
  { say: "engrave it with forever", context: "ring", expect: asks },
  { say: "put rubies on the band", context: "ring", expect: asks },
  { say: "what if the band was 3 mm", context: "ring", expect: asks },
  { say: "how would it look in platinum?", context: "ring", expect: asks },
  { say: "do the same to the other one", context: "two", expect: asks },
  { say: "change from platinum", context: "ring", expect: asks },
  { say: "reduce the weight", context: "ring", expect: asks }, // of the ring, not of the stone
  { say: "my friend wants platinum for her ring", context: "ring", expect: asks },
  { say: "i'm thinking about it", context: "ring", expect: asks },
  { say: "platinum ring with a ruby", context: "ring", expect: asks }, // this one, or another
  { say: "increase the size", context: "ring", expect: asks },
  { say: "it should have been platinum", context: "ring", expect: asks },
  { say: "can i see it with my old ring", context: "ring", expect: asks },
  { say: "keep everything but the stone", context: "ring", expect: asks },
  { say: "they want platinum but i want gold", context: "ring", expect: asks },
  { say: "make this one gold and the other one silver", context: "two", expect: asks },
]

/** It is one already: said with its name or without. */
const emerald = (more: Record<string, unknown>) =>
  call("design_edit", { operations: [{ op: "set", stone_diameter_mm: 8, ...more }] })

/** Somebody's whole afternoon, written down before any of it was tried. */
const afternoon: Row[] = [
  {
    say: "morning! could you knock up a quick solitaire in 9ct yellow gold, size L UK, 5mm ruby",
    expect: create({ metal: "9k_yellow_gold", size: "L", size_system: "uk", stone: "ruby", stone_diameter_mm: 5 }),
  },
  {
    say: "I'd like to order a ring in sterling silver with a citrine, US 6",
    expect: create({ metal: "sterling_silver", stone: "citrine", size: "6", size_system: "us" }),
  },
  { say: "new job: plat 950 ring, UK K 1/2, 0.7ct dia", expect: asks },
  {
    say: "ring please. 18k rose, 1ct moissanite, US 6.25, satin",
    expect: create({
      metal: "18k_rose_gold",
      carat: 1,
      stone: "moissanite",
      size: "6.25",
      size_system: "us",
      finish: "satin",
    }),
  },
  { say: "could we try palladium for the metal", context: "ring", expect: set({ metal: "palladium_950" }) },
  { say: "the wife says size 6.5 US", context: "ring", expect: asks },
  { say: "shave 0.2mm off the band", context: "ring", expect: asks },
  { say: "add 0.3mm to the band width", context: "ring", expect: set({ band_width_mm: 2.5 }) },
  { say: "take 0.2 mm off the thickness", context: "ring", expect: set({ band_thickness_mm: 1.6 }) },
  { say: "can you bump up the carat a bit?", context: "ring", expect: asks },
  { say: "bigger diamond please, 1.5ct", context: "ring", expect: set({ carat: 1.5 }) },
  { say: "slightly smaller stone", context: "ring", expect: set({ stone_diameter_mm: between(5.2, 6.4) }) },
  { say: "ok ruby, platinum, done", context: "ring", expect: set({ stone: "ruby", metal: "platinum_950" }) },
  { say: "let's do the band at 2.4", context: "ring", expect: set({ band_width_mm: 2.4 }) },
  { say: "go 2.5 on the width", context: "ring", expect: set({ band_width_mm: 2.5 }) },
  { say: "prong size 1.1mm", context: "ring", expect: set({ prong_diameter_mm: 1.1 }) },
  { say: "can the band be thinner", context: "ring", expect: set({ band_thickness_mm: between(1.2, 1.75) }) },
  { say: "i want it a little wider", context: "ring", expect: set({ band_width_mm: between(2.25, 2.7) }) },
  { say: "we'd prefer it a bit thicker", context: "ring", expect: set({ band_thickness_mm: between(1.85, 2.2) }) },
  { say: "undo", context: "ring", expect: steps("undo") },
  { say: "oops, wrong one, go back", context: "ring", expect: asks },
  { say: "i liked it before", context: "ring", expect: asks },
  { say: "redo that", context: "ring", expect: steps("redo") },
  { say: "forward again", context: "ring", expect: asks },
  { say: "give me all the files", context: "ring", expect: asks },
  { say: "need stl asap", context: "ring", expect: save("stl") },
  { say: "export as .stl", context: "ring", expect: save("stl") },
  { say: "ring.stl please", context: "ring", expect: asks },
  { say: "stl for the caster with 2% shrinkage please", context: "ring", expect: asks },
  { say: "what's it weigh", context: "ring", expect: show() },
  { say: "how wide is it", context: "ring", expect: asks },
  { say: "is that us size 7?", context: "ring", expect: asks },
  { say: "price?", context: "ring", expect: asks },
  { say: "white gold 18k please instead of the yellow", context: "ring", expect: asks },
  { say: "yes make it platinum", context: "ring", expect: set({ metal: "platinum_950" }) },
  { say: "no", context: "ring", expect: asks },
  { say: "make it wider but not too much", context: "ring", expect: asks },
  { say: "make it exactly 2.35mm wide", context: "ring", expect: set({ band_width_mm: 2.35 }) },
  { say: "double the width", context: "ring", expect: set({ band_width_mm: 4.4 }) },
  { say: "halve the thickness", context: "ring", expect: asks },
  { say: "same thing, silver", context: "ring", expect: set({ metal: "sterling_silver" }) },
  { say: "clone it in rose gold", context: "ring", expect: asks },
  { say: "one in every metal", context: "ring", expect: asks },
  { say: "compare platinum and gold", context: "ring", expect: asks },
  { say: "six claws and a brushed finish", context: "white", expect: set({ prongs: 6, finish: "satin" }) },
  { say: "satin → polished", context: "white", expect: asks },
  { say: "polished not satin", context: "white", expect: asks },
  { say: "emerald's too small, 8mm", context: "white", expect: set({ stone_diameter_mm: 8 }) },
  {
    say: "make the emerald 8mm",
    context: "white",
    expect: { calls: [emerald({})], or: [[emerald({ stone: "emerald" })]] },
  },
  { say: "UK size N", context: "white", expect: set({ size: "N", size_system: "uk" }) },
  { say: "go up to N", context: "white", expect: asks },
  { say: "down to L please", context: "white", expect: asks },
  { say: "band 3mm, keep the rest", context: "white", expect: set({ band_width_mm: 3 }) },
  { say: "everything in yellow gold", context: "white", expect: asks },
  { say: "yellow gold, but keep it satin", context: "white", expect: set({ metal: "18k_yellow_gold" }) },
]

/** The same afternoon at another counter: chat, and most of it orders. */
const another: Row[] = [
  {
    say: "hiya, after a simple white gold ring with a 0.8ct diamond for my fiancée, she's a US 5.5",
    expect: create({ metal: "14k_white_gold", carat: 0.8, stone: "diamond", size: "5.5", size_system: "us" }),
  },
  {
    say: "could you please design me an 18k yellow gold engagement ring, 1.25 ct diamond, size 54 EU?",
    expect: create({ metal: "18k_yellow_gold", carat: 1.25, stone: "diamond", size: "54", size_system: "iso" }),
  },
  {
    say: "silver ring, 7mm amethyst, US 7, go!",
    expect: create({ metal: "sterling_silver", stone: "amethyst", stone_diameter_mm: 7, size: "7", size_system: "us" }),
  },
  {
    say: "we want a palladium ring with a tanzanite please, uk O",
    expect: create({ metal: "palladium_950", stone: "tanzanite", size: "O", size_system: "uk" }),
  },
  { say: "love it! can we go a touch wider", context: "ring", expect: set({ band_width_mm: between(2.25, 2.7) }) },
  { say: "great, and thicker prongs please", context: "ring", expect: set({ prong_diameter_mm: between(1.05, 1.5) }) },
  { say: "hmm i'd rather have the band at 2mm", context: "ring", expect: set({ band_width_mm: 2 }) },
  { say: "swap to moissanite?", context: "ring", expect: asks },
  { say: "can we swap to moissanite", context: "ring", expect: set({ stone: "moissanite" }) },
  { say: "ok switch the metal over to palladium", context: "ring", expect: set({ metal: "palladium_950" }) },
  { say: "lets see it in 18k white gold", context: "ring", expect: set({ metal: "18k_white_gold" }) },
  { say: "try 4 prongs", context: "ring", expect: set({ prongs: 4 }) },
  { say: "try it with a garnet", context: "ring", expect: set({ stone: "almandine" }) },
  { say: "and a bit thinner overall", context: "ring", expect: asks },
  { say: "sorry, 2.6 wide not 2.4", context: "ring", expect: asks },
  { say: "sorry 2.6mm wide", context: "ring", expect: set({ band_width_mm: 2.6 }) },
  { say: "my bad, size 6 US", context: "ring", expect: set({ size: "6", size_system: "us" }) },
  { say: "size down half", context: "ring", expect: set({ size: "US 6.5" }) },
  { say: "make it half a size larger please", context: "ring", expect: set({ size: "US 7.5" }) },
  { say: "can the finish be brushed", context: "ring", expect: set({ finish: "satin" }) },
  { say: "brushed would look nicer", context: "ring", expect: set({ finish: "satin" }) },
  { say: "I need the prongs to be 1.3mm", context: "ring", expect: set({ prong_diameter_mm: 1.3 }) },
  { say: "change the stone size to 7.5mm", context: "ring", expect: set({ stone_diameter_mm: 7.5 }) },
  { say: "stone down to 6mm", context: "ring", expect: set({ stone_diameter_mm: 6 }) },
  { say: "set the carat weight to 1.3", context: "ring", expect: set({ carat: 1.3 }) },
  { say: "undo that last one", context: "ring", expect: steps("undo") },
  { say: "go back two steps", context: "ring", expect: steps("undo", "undo") },
  {
    say: "can i have the 3mf and stl",
    context: "ring",
    expect: calls(call("export_file", { format: "3mf" }), call("export_file", { format: "stl" })),
  },
  { say: "send the glb over", context: "ring", expect: save("glb") },
  { say: "any issues?", context: "ring", expect: show() },
  { say: "make another just like it but in silver", context: "ring", expect: copy({ metal: "sterling_silver" }) },
  { say: "same again in rose gold", context: "ring", expect: copy({ metal: "14k_rose_gold" }) },
  {
    say: "platinum with six claws, uk size P",
    context: "white",
    expect: set({ metal: "platinum_950", prongs: 6, size: "P", size_system: "uk" }),
  },
  { say: "drop the carat to 0.9", context: "white", expect: set({ carat: 0.9 }) },
  {
    say: "make it a ruby, 6.5mm, polished",
    context: "white",
    expect: set({ stone: "ruby", stone_diameter_mm: 6.5, finish: "polished" }),
  },
]

function copyOf(changes: Record<string, unknown>) {
  return create({
    size: "M",
    size_system: "uk",
    finish: "satin",
    stone: "emerald",
    stone_diameter_mm: 7,
    prongs: 4,
    prong_diameter_mm: 1.1,
    band_profile: "comfort",
    band_width_mm: 2.6,
    band_thickness_mm: 1.9,
    ...changes,
  })
}

/** Sentences of people who know neither each other nor this program, each with what its speaker means. */
export const strangers: Row[] = [
  ...bench,
  ...counter,
  ...typos,
  ...units,
  ...eighteen,
  ...corrections,
  ...between_,
  ...traps,
  ...afternoon,
  ...another,
]
