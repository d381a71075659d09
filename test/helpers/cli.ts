import { type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { HostProcess } from '../../src/cli/host.js';
import { main } from '../../src/cli/main.js';

export const BIN = fileURLToPath(new URL('../../dist/bin.cjs', import.meta.url));

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  /** What standard input has; a terminal if there is none. */
  readonly stdin?: string | Buffer | Readable;
  readonly terminal?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

/** The command, run inside this process with streams of its own. */
export async function run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  return start(argv, surroundings).outcome;
}

/** The same, with the host in hand while it goes on. */
export function start(
  argv: readonly string[],
  { stdin, terminal = false, env = {} }: Surroundings = {},
): { readonly host: EventEmitter & { readonly stderr: Readable }; readonly outcome: Promise<Outcome> } {
  const input =
    stdin === undefined ? terminalInput() : stdin instanceof Readable ? stdin : Readable.from([Buffer.from(stdin)]);
  const stdout = Object.assign(new PassThrough(), { isTTY: terminal });
  const stderr = Object.assign(new PassThrough(), { isTTY: terminal });
  const host = Object.assign(new EventEmitter(), {
    argv: ['node', 'fetch-lengths', ...argv],
    env,
    stdin: input,
    stdout,
    stderr,
    exit: (status: number) => {
      throw new Error(`exited with ${status}`);
    },
  });
  const outcome = (async () => {
    const out = text(stdout);
    const err = text(stderr);
    const status = await main(host as unknown as HostProcess);
    stdout.end();
    stderr.end();
    return { status, stdout: await out, stderr: await err };
  })();
  return { host, outcome };
}

function terminalInput(): Readable {
  return Object.assign(new PassThrough(), { isTTY: true });
}

/** A command line for bash, `fetch-lengths` being the built command, in a process of its own. */
export async function bash(script: string, options: SpawnOptionsWithoutStdio = {}): Promise<Outcome> {
  const command = `fetch-lengths() { "${process.execPath}" "${BIN}" "$@"; }; ${script}`;
  const child = spawn('bash', ['-c', command], options);
  const exit = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = await exit;
  return { status, stdout, stderr };
}
