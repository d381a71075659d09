import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';

const LISTENER = `
  const [host, port] = process.argv.slice(1);
  const server = require('node:net').createServer();
  server.listen({ host, port: Number(port), backlog: 1 }, () => console.log(server.address().port));
`;

/**
 * A port that takes no connection and refuses none, as a host that is switched off: its listener is stopped and its
 * queue is full.
 *
 * @param port 0 for a free one
 */
export async function deadPort(host = '127.0.0.1', port = 0): Promise<number> {
  const child = spawn(process.execPath, ['-e', LISTENER, host, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  const listening = Number(String(line));
  child.kill('SIGSTOP');
  // One more than the backlog.
  for (let i = 0; i < 2; i++) {
    const socket = connect(listening, host);
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    await once(socket, 'connect');
  }
  return listening;
}
