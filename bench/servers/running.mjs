// @ts-check
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { environment } from '../programs.mjs';

/**
 * A server in a process of its own.
 *
 * @typedef {{ stop(): Promise<void> }} Running
 */

/** Until a program listens, in milliseconds. */
const START_TIMEOUT = 10_000;

/**
 * Starts a program that stays in the foreground, and resolves when it listens at all of the ports.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {readonly number[]} ports
 * @returns {Promise<Running>}
 */
export async function startProgram(program, args, ports) {
  const child = spawn(program, args, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes) => {
    said += bytes;
  });
  child.on('error', (error) => {
    said += error.message;
  });
  let ended = false;
  child.on('close', () => {
    ended = true;
  });
  const stop = async () => {
    if (ended) return;
    child.kill();
    await once(child, 'close');
  };
  const deadline = performance.now() + START_TIMEOUT;
  for (const port of ports) {
    while (!(await accepts(port))) {
      if (ended || performance.now() > deadline) {
        await stop();
        throw new Error(`${program} does not listen: ${said}`);
      }
      await delay(10);
    }
  }
  return { stop };
}

/**
 * Starts a script of this folder, which tells its port once it listens, or 0 and why it cannot, and ends when its
 * channel does.
 *
 * @param {string} script
 * @param {readonly string[]} [args]
 * @returns {Promise<Running & { port: number }>}
 */
export async function startScript(script, args = []) {
  const child = fork(new URL(script, import.meta.url), args);
  const [told] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  const { port = 0, problem = `it ended with ${told}` } = Object(told);
  if (port === 0) {
    child.kill();
    throw new Error(`${script}: ${problem}`);
  }
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    if (child.connected) child.disconnect();
    await once(child, 'exit');
  };
  return { port, stop };
}

/**
 * Free ports of all addresses, held together so that they differ.
 *
 * @param {number} count
 * @returns {Promise<number[]>}
 */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  for (const server of servers) await once(server.listen(0, '0.0.0.0'), 'listening');
  const ports = servers.map((server) => portOf(server));
  for (const server of servers) await once(server.close(), 'close');
  return ports;
}

/**
 * @param {import('node:net').Server} server
 * @returns {number}
 */
export function portOf(server) {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return address.port;
}

/** @param {number} port */
async function accepts(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
