import { create, save, set, steps } from "#tests/eval/row.ts"
import type { Row } from "#tests/eval/row.ts"

/** Other languages: a language model should understand them; command mode knows English and has to say so instead of guessing. */
export const languages: Row[] = [
  {
    say: "Bitte einen Ring aus Platin mit einem Diamanten von einem Karat",
    expect: create({ metal: "platinum_950", stone: "diamond", carat: 1 }),
  },
  { say: "Mach die Schiene 2,5 mm breit", context: "ring", expect: set({ band_width_mm: 2.5 }) },
  {
    say: "Ring in 18k Roségold, Größe 54, Saphir 6 mm",
    expect: create({ metal: "18k_rose_gold", size: "54", stone: "sapphire", stone_diameter_mm: 6 }),
  },
  { say: "doch lieber in Silber", context: "ring", expect: set({ metal: "sterling_silver" }) },
  { say: "rückgängig", context: "ring", expect: steps("undo") },
  {
    say: "Une bague en platine avec un rubis de 5 mm, s'il vous plaît",
    expect: create({ metal: "platinum_950", stone: "ruby", stone_diameter_mm: 5 }),
  },
  { say: "mets-la en or rose 18 carats", context: "ring", expect: set({ metal: "18k_rose_gold" }) },
  { say: "exporte le fichier STL", context: "ring", expect: save("stl") },
  {
    say: "bague en argent, améthyste 8 mm, quatre griffes",
    expect: create({ metal: "sterling_silver", stone: "amethyst", stone_diameter_mm: 8, prongs: 4 }),
  },
  {
    say: "Un anello in oro bianco 18k con uno zaffiro da 1 carato",
    expect: create({ metal: "18k_white_gold", stone: "sapphire", carat: 1 }),
  },
  { say: "falla in platino", context: "ring", expect: set({ metal: "platinum_950" }) },
  {
    say: "Quiero un anillo de oro amarillo de 14k con un diamante de medio quilate",
    expect: create({ metal: "14k_yellow_gold", stone: "diamond", carat: 0.5 }),
  },
  { say: "hazlo de plata", context: "ring", expect: set({ metal: "sterling_silver" }) },
  { say: "deshacer", context: "ring", expect: steps("undo") },
  {
    say: "Um anel de platina com uma esmeralda de 6 mm",
    expect: create({ metal: "platinum_950", stone: "emerald", stone_diameter_mm: 6 }),
  },
  {
    say: "Een zilveren ring met een granaat van 5 mm",
    expect: create({ metal: "sterling_silver", stone: "almandine", stone_diameter_mm: 5 }),
  },
  { say: "maak hem platina", context: "ring", expect: set({ metal: "platinum_950" }) },
  {
    say: "プラチナの指輪、ダイヤモンド1カラット",
    expect: create({ metal: "platinum_950", stone: "diamond", carat: 1 }),
  },
  { say: "把它改成铂金", context: "ring", expect: set({ metal: "platinum_950" }) },
  {
    say: "кольцо из платины с рубином 5 мм",
    expect: create({ metal: "platinum_950", stone: "ruby", stone_diameter_mm: 5 }),
  },
  { say: "Pierścionek z białego złota 14k z szafirem", expect: create({ metal: "14k_white_gold", stone: "sapphire" }) },
  { say: "platin yüzük, bir karat pırlanta", expect: create({ metal: "platinum_950", stone: "diamond", carat: 1 }) },
  { say: "no lo hagas de platino", context: "ring", expect: { asks: true }, forbid: ["design_create", "design_edit"] },
  { say: "kein Gold bitte", context: "ring", expect: { asks: true }, forbid: ["design_create", "design_edit"] },
]
