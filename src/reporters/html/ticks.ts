/** Round numbers from `from` to `to`, `most` at most. */
export function ticks(from: number, to: number, most: number): number[] {
  const least = (to - from) / Math.max(most, 1);
  if (!(least > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((size) => size >= least * (1 - 1e-9)) ?? least;
  const result: number[] = [];
  // Not below zero by a hair: that would be -0.
  for (let i = Math.ceil(from / step - 1e-9) || 0; i * step <= to + step * 1e-9; i++) result.push(i * step);
  return result;
}
