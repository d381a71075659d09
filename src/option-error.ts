/** An option that cannot be used; its message names the option and quotes the value. */
export class OptionError extends TypeError {
  override readonly name = 'OptionError';
  /** The option's name in `Options`. */
  readonly option: string;
  /** What would have been right, and what came. */
  readonly problem: string;

  constructor(option: string, problem: string) {
    super(`\`${option}\`: ${problem}`);
    this.option = option;
    this.problem = problem;
  }
}

/** A value as an error message shows it. */
export function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
