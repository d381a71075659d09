import type { Style } from '../reporters/index.js';
import type { HostProcess } from './host.js';

/** An output, as far as it matters what is at its other end. */
type Output = Pick<HostProcess['stderr'], 'isTTY'>;

/**
 * Whether what is written there is in colour: on a terminal that knows colours, unless `NO_COLOR` (no-color.org) forbids it
 * or `FORCE_COLOR` (force-color.org) asks for it anywhere.
 */
export function inColour({ isTTY }: Output, env: NodeJS.ProcessEnv): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return isTTY && TERM !== 'dumb';
}

/** Whether a line that is drawn again and again has its place there. */
export function redraws({ isTTY }: Output, { CI, TERM }: NodeJS.ProcessEnv): boolean {
  return isTTY && !CI && TERM !== 'dumb';
}

/** How text looks on standard output, or in the file that `-o` names. */
export function styleOf({ stdout, env }: HostProcess, output: string | undefined): Style {
  return {
    colour: output === undefined && inColour(stdout, env),
    get width() {
      return output === undefined && stdout.isTTY ? stdout.columns || null : null;
    },
  };
}
