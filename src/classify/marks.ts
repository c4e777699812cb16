/**
 * What two questions must have in common, one by one and in their order, before anybody asks whether they mean alike: numbers, dates,
 * names and negations. Vectors hardly tell these apart, and answers do. It errs on the safe side: a word that may be one is one.
 */
import { fold } from "./fold.ts";
import { tokensOf } from "./tokens.ts";

/** Negations, what bounds, relative days, and small numbers, in English, German, Spanish, French, Italian, Portuguese, Dutch, Polish, Turkish and Russian. */
const WORDS = `no not never none nothing nobody without nor neither cannot t cant dont wont isnt arent doesnt didnt wasnt werent shouldnt couldnt wouldnt
havent hasnt aint only except instead but before after until since more less under over first last next previous second third half twice
today tomorrow yesterday tonight one two three four five six seven eight nine ten
nein nicht nichts nie niemals niemand kein keine keinen keinem keiner keines ohne nur ausser statt vor nach bis seit mehr weniger unter erste letzte nachste
heute morgen gestern eins zwei drei vier funf sechs sieben acht neun zehn
nada nunca nadie ningun ninguna ninguno sin ni tampoco solo excepto antes despues hasta mas menos hoy manana ayer uno dos tres cuatro cinco seis siete ocho nueve diez
ne n pas non jamais rien personne sans aucun aucune ni sauf avant apres plus moins aujourd hui demain hier deux trois quatre cinq sept huit neuf dix
niente nulla nessuno nessuna mai senza tranne prima dopo piu meno oggi domani ieri due tre quattro cinque sei sette otto nove dieci
nao nem ninguem nenhum nenhuma sem apenas exceto depois hoje amanha ontem dois duas quatro sete oito dez
niet nooit niemand niets geen zonder alleen behalve voor na meer minder vandaag gisteren twee drie vijf zes zeven negen tien
nie nigdy nikt nic bez tylko oprocz przed po wiecej mniej dzis dzisiaj jutro wczoraj jeden dwa trzy cztery piec szesc siedem osiem dziewiec dziesiec
hayir degil yok asla hic kimse sadece haric once sonra bugun yarin dun bir iki uc dort bes alti yedi sekiz dokuz
не нет ни никогда ничего никто без только кроме до после больше меньше сегодня завтра вчера один два три четыре пять шесть семь восемь девять десять`;

const LANGUAGES = ["en", "de", "es", "fr", "it", "pt", "nl", "pl", "tr", "ru"];
const NUMBERED = /\p{N}/u;
/** `$` and `€`, `C` and `C++`. */
const SYMBOLS = /[\p{Sc}\p{Sm}#%]/gu;
/** Not where a sentence begins; and not `I`. */
const NAMES = /(?<=[^\s.!?…]\s+["'“”„«(]*)\p{Lu}[\p{L}\p{M}\p{N}]+/gu;

/** `isKnown`: a word that means nothing particular. In scripts without spaces nothing is known, for nobody knows where words end. */
export function marksOf(text: string, isKnown: (word: string) => boolean): readonly string[] {
  const names = new Set((text.match(NAMES) ?? []).flatMap((name) => tokensOf(fold(name)).map((token) => token.text)));
  const folded = fold(text);
  const words = tokensOf(folded).filter(
    ({ kind, text: word }) => kind !== "word" || NUMBERED.test(word) || names.has(word) || isFixed(word) || !isKnown(word),
  );
  return [...words.map((word) => word.text), ...(folded.match(SYMBOLS) ?? [])];
}

let fixed: ReadonlySet<string> | undefined;

/** Also in the plural: `mondays`. */
function isFixed(word: string): boolean {
  fixed ??= new Set([...fold(WORDS).split(/\s+/), ...datesIn(LANGUAGES)]);
  return fixed.has(word) || fixed.has(word.replace(/s$/, ""));
}

/** In so many steps through a year, each shorter than a month and no number of weeks, come every month and every day of the week. */
const STEPS = 14;
const STEP_DAYS = 26;

function datesIn(languages: readonly string[]): readonly string[] {
  const days = Array.from({ length: STEPS }, (_, index) => Date.UTC(2024, 0, 1 + index * STEP_DAYS));
  const forms = languages.flatMap((language) => (["month", "weekday"] as const).map((what) => ({ language, what })));
  return forms.flatMap(({ language, what }) => {
    const format = new Intl.DateTimeFormat(language, { [what]: "long", timeZone: "UTC" });
    return days.flatMap((day) => tokensOf(fold(format.format(day))).map((token) => token.text));
  });
}
