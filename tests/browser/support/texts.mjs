/**
 * Texts that visitors bring.
 */

/** A short English text. */
export const ENGLISH = "The whale dived, and the boat turned after it; the men rowed and sang. ".repeat(40);

/** A text of `length` Chinese characters, `kinds` of them different, in an order that can be learnt. */
export function chineseText(kinds, length) {
  const FIRST = 0x4e00;
  // Every kind once, then an order without a short period.
  const kindAt = (at) => (at < kinds ? at : (at * at + 7 * at) % kinds);
  const codes = Array.from({ length }, (_, at) => FIRST + kindAt(at));
  return String.fromCodePoint(...codes);
}
