/** Further away than this is no slip of the fingers. */
const MAX_EDITS = 2;

/** Names the choice that a wrong value comes nearest to, in commander's words for options; nothing if none is near. */
export function didYouMean(value: string, choices: readonly string[]): string {
  let nearest = '';
  let fewest = MAX_EDITS + 1;
  for (const choice of choices) {
    const edits = editDistance(value, choice);
    // Half of a word's letters have to be right.
    if (edits < fewest && edits * 2 <= choice.length) [nearest, fewest] = [choice, edits];
  }
  return nearest === '' ? '' : ` (Did you mean ${nearest}?)`;
}

/** Letters to change, add, drop or swap until the one word is the other; where that is too many for sure: infinity. */
function editDistance(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > MAX_EDITS) return Number.POSITIVE_INFINITY;
  let before: readonly number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = at(row, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const swapped = from[i - 2] === to[j - 1] && from[i - 1] === to[j - 2] ? at(before, j - 2) + 1 : changed;
      next.push(Math.min(changed, swapped, at(row, j) + 1, at(next, j - 1) + 1));
    }
    [before, row] = [row, next];
  }
  return at(row, to.length);
}

function at(row: readonly number[], j: number): number {
  return row[j] ?? Number.POSITIVE_INFINITY;
}
