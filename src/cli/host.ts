import { printable } from '../printable.js';

/** What the command needs of the process that it runs in. */
export type HostProcess = Pick<NodeJS.Process, 'argv' | 'env' | 'stdin' | 'stdout' | 'stderr' | 'on' | 'off' | 'exit'>;

/** A message for standard error: in one line, and without the credentials of any URL in it. */
export function messageLine(message: string): string {
  return `fetch-lengths: ${printable(withoutCredentials(message))}\n`;
}

/** Leaves out the credentials of every URL in it; a password may have quotes, which end no URL then. */
export function withoutCredentials(message: string): string {
  return message.replace(/:\/\/\S*@/g, '://');
}

export function tell(host: HostProcess, message: string): void {
  host.stderr.write(messageLine(message));
}
