/** Drawn on top of the character before it, or not at all. */
const ZERO_WIDTH = /[\p{M}\p{Cf}]/u;

/** Drawn two columns wide: nearly what Unicode's East Asian Width calls wide (its table is not in JavaScript). */
const WIDE =
  /(?![\uff61-\uffdc])[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;

/**
 * The text if a terminal shows it in so many columns, else its beginning and an ellipsis.
 *
 * @param text without control characters
 * @returns it, and the columns that it takes
 */
export function fit(text: string, columns: number): { readonly text: string; readonly columns: number } {
  let taken = 0;
  /** Where to cut so that an ellipsis still has its place, and the columns up to there. */
  let cut = 0;
  let kept = 0;
  let end = 0;
  for (const character of text) {
    taken += ZERO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
    if (taken > columns) return { text: `${text.slice(0, cut)}…`, columns: kept + 1 };
    end += character.length;
    if (taken < columns) {
      cut = end;
      kept = taken;
    }
  }
  return { text, columns: taken };
}
