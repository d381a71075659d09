import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { environment, type Surroundings } from './programs.js';

/** Until a program listens, in milliseconds. */
const START_TIMEOUT = 30_000;

/** Until a program has ended that was asked to, in milliseconds. */
const STOP_TIMEOUT = 10_000;

/** Between two tries to connect, in milliseconds. */
const POLL_INTERVAL = 10;

/** A program that serves. */
export interface Running {
  /** Resolves when it and its children are gone. */
  stop(): Promise<void>;
}

/** Starts a program that stays in the foreground, and resolves when it listens at all of the ports. */
export async function start(
  program: string,
  args: readonly string[],
  ports: readonly number[],
  surroundings: Surroundings = {},
): Promise<Running> {
  const child = new Child(program, args, surroundings);
  try {
    for (const port of ports) await child.listening(port);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return child;
}

/** Stops all of them, the last one first, even if one of them does not stop. */
export async function stopAll(running: readonly Running[]): Promise<void> {
  const outcomes = [];
  for (const one of running.toReversed()) outcomes.push(...(await Promise.allSettled([one.stop()])));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

class Child implements Running {
  readonly #program: string;
  readonly #child: ChildProcess;
  #said = '';
  #ended = false;

  constructor(program: string, args: readonly string[], { cwd, env }: Surroundings) {
    this.#program = program;
    this.#child = spawn(program, args, {
      cwd,
      env: { ...environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      output?.on('data', (chunk: Buffer) => {
        this.#said += chunk.toString();
      });
    }
    this.#child.on('error', (error) => {
      this.#said += error.message;
    });
    // Not "exit": a child of its own that goes on holds its output open.
    this.#child.on('close', () => {
      this.#ended = true;
    });
  }

  /** Connects again and again until somebody listens; rejects with what the program says if it ends instead. */
  async listening(port: number): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT;
    while (!(await accepts(port))) {
      if (this.#ended) throw new Error(`${this.#program} ended: ${this.#said}`);
      if (performance.now() > deadline) throw new Error(`${this.#program} does not listen: ${this.#said}`);
      await delay(POLL_INTERVAL);
    }
  }

  async stop(): Promise<void> {
    if (this.#ended) return;
    const closed = once(this.#child, 'close');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT);
    this.#child.kill();
    await closed;
    clearTimeout(timer);
    if (this.#child.signalCode === 'SIGKILL') throw new Error(`${this.#program} did not stop: ${this.#said}`);
  }
}

/** Free ports of loopback, held together so that they differ. */
export async function freePorts<const N extends number>(count: N): Promise<Ports<N>> {
  const servers = Array.from({ length: count }, () => createServer());
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) await once(server.close(), 'close');
  return ports as Ports<N>;
}

/** So many numbers. */
type Ports<N extends number, Found extends number[] = []> = Found['length'] extends N
  ? Found
  : Ports<N, [...Found, number]>;

async function accepts(port: number): Promise<boolean> {
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
