/** A table as Markdown: the first column to the left, the others to the right. */
export function markdown(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const ruler = head.map((_, i) => (i > 0 ? '---:' : '---'));
  return [head, ruler, ...rows.map((row) => row.map(inWords))].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Seconds as hours, or minutes if they are few. */
export function hours(seconds: number): string {
  return seconds < 3600 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function inWords(cell: string | number): string {
  return typeof cell === 'string' ? cell : cell.toLocaleString('en-US', { maximumFractionDigits: 3 });
}
