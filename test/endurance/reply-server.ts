import type { Socket } from 'node:net';
import { rawServer, response } from '../helpers/raw-server.js';
import { ELSEWHERE } from './expectation.js';
import type { Ending } from './oracle-message.js';

/** A reply as it is sent. */
export interface Sent {
  /** A packet each. */
  readonly parts: readonly Buffer[];
  readonly ending: Ending;
}

/** Serves the reply for each path, and gives the origin. */
export async function serveReplies(replyAt: (path: string) => Sent | null): Promise<string> {
  const server = await rawServer((socket, request) => {
    const reply = replyAt(request.split(' ')[1] ?? '');
    if (reply === null) socket.write(response(ELSEWHERE));
    else send(socket, reply);
  });
  return server.origin;
}

function send(socket: Socket, { parts, ending }: Sent): void {
  const left = [...parts];
  const next = (): void => {
    const part = left.shift();
    // The next turn of the event loop, so that each part is a packet of its own.
    if (part !== undefined) socket.write(part, () => setImmediate(next));
    else if (ending === 'close') socket.end();
    else if (ending === 'reset') socket.resetAndDestroy();
  };
  next();
}
