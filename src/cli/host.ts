import { printable } from '../printable.js';

/** What the command needs of the process that it runs in. */
export type HostProcess = Pick<NodeJS.Process, 'argv' | 'env' | 'stdin' | 'stdout' | 'stderr' | 'on' | 'off' | 'exit'>;

/** One line on standard error. */
export function tell(host: HostProcess, message: string): void {
  host.stderr.write(`fetch-lengths: ${printable(message)}\n`);
}
