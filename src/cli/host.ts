import { printable } from '../printable.js';

/** What the command needs of the process that it runs in. */
export type HostProcess = Pick<NodeJS.Process, 'argv' | 'env' | 'stdin' | 'stdout' | 'stderr' | 'on' | 'off' | 'exit'>;

/** A message for standard error: in one line, and without the credentials of any URL in it. */
export function messageLine(message: string): string {
  return `fetch-lengths: ${printable(withoutCredentials(message))}\n`;
}

/** Leaves out the credentials of every URL in it; a password may have blanks and quotes, which end no URL then. */
export function withoutCredentials(message: string): string {
  // First what is quoted, then what has no blank.
  return message.replace(/"(?:\\.?|[^"\\])*(?:"|$)/g, hide).replace(/\S+/g, hide);
}

/** Not by a pattern, which would begin once more at every `://` of what a server sends. */
function hide(text: string): string {
  const start = text.indexOf('://') + 3;
  const end = text.lastIndexOf('@') + 1;
  return start > 2 && end > start ? text.slice(0, start) + text.slice(end) : text;
}

export function tell(host: HostProcess, message: string): void {
  host.stderr.write(messageLine(message));
}
