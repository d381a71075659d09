import type { Answer } from './raw-server.js';

/**
 * Sends a head, and then a part again and again, as fast as it is taken or every `interval` milliseconds, up to `count`
 * times; then a tail.
 */
export function flood(
  head: string | Buffer,
  part: string | Buffer,
  {
    count = Number.POSITIVE_INFINITY,
    tail = '',
    interval = 0,
  }: { readonly count?: number; readonly tail?: string; readonly interval?: number } = {},
): Answer {
  return (socket) => {
    let sent = 0;
    const send = (error?: Error | null): void => {
      // A stream that has failed may not be destroyed yet, and takes what is written then to call back at once: for ever.
      if (error || socket.destroyed) return;
      if (sent++ === count) socket.write(tail);
      else if (interval === 0) socket.write(part, send);
      else setTimeout(() => socket.write(part, send), interval);
    };
    socket.write(head);
    send();
  };
}
