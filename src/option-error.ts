import { inspect } from 'node:util';

/** An option that cannot be used; its message names the option and quotes the value. */
export class OptionError extends TypeError {
  override readonly name = 'OptionError';
  /** The option's name in `Options`. */
  readonly option: string;
  /** What would have been right. */
  readonly expected: string;
  /** What came instead. */
  readonly value: unknown;

  constructor(option: string, expected: string, value: unknown) {
    super(`\`${option}\`: expected ${expected}, got ${quote(value)}`);
    this.option = option;
    this.expected = expected;
    this.value = value;
  }
}

/** A value as an error message shows it. */
export function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : inspect(value, { depth: 0, breakLength: Infinity });
}
