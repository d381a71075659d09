const TIME_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** `30`, `30s`, `500ms` or `2m` in milliseconds; NaN for anything else. */
export function parseTime(text: string): number {
  return parseQuantity(text, TIME_UNITS, 's');
}

/** `1000`, `10kB`, `10MB`, `1GB` (decimal) or `KiB`, `MiB`, `GiB` in bytes; NaN for anything else. */
export function parseSize(text: string): number {
  return parseQuantity(text, SIZE_UNITS, 'B');
}

/** A whole number in plain digits; NaN for anything else. */
export function parseCount(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>, bare: string): number {
  const [, digits = '', unit = bare] = /^(\d+(?:\.\d+)?)([a-zA-Z]+)?$/.exec(text) ?? [];
  if (digits === '' || !Object.hasOwn(units, unit)) return Number.NaN;
  // Rounded: 1.1 MB is 1100000.0000000001 in binary.
  return Math.round(Number(digits) * (units[unit] ?? Number.NaN));
}
