import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants as system, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline, Readable, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** What a process of an engine's is started with. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  /** The folder that it runs in; this one by default. */
  readonly cwd?: string | undefined;
  /** All that is in its environment: it has nothing of this process's. */
  readonly env: NodeJS.ProcessEnv;
}

/** A process that an engine started, seen from the engine. */
export interface EngineProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** All that it wrote there, once it has closed it. */
  readonly stderr: Promise<string>;
  /** Its exit status, or 128 and the number of the signal that ended it. */
  readonly status: Promise<number>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts a process as a JVM or Python does: its standard streams are real pipes. Node's own are sockets, which hold more,
 * and which a program may tell apart.
 */
export function startProcess({ argv: [file, ...args], cwd, env }: Command): EngineProcess {
  const [input, output] = [makePipe(), makePipe()];
  const child = spawn(file, args, { cwd, env, stdio: [input.reader, output.writer, 'pipe'] });
  closeSync(input.reader);
  closeSync(output.writer);
  const status = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal === null ? (code as number) : 128 + system.signals[signal]));
  });
  return {
    stdin: new Socket({ fd: input.writer, readable: false, writable: true }),
    stdout: new Socket({ fd: output.reader, readable: true, writable: false }),
    stderr: text(child.stderr as Readable),
    status,
    kill: (signal) => void child.kill(signal),
  };
}

/** The file descriptors of a new pipe. This process's ends do not block; the other ones do, as those of a shell's. */
function makePipe(): { readonly reader: number; readonly writer: number } {
  const folder = mkdtempSync(join(tmpdir(), 'fetch-lengths-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  // Only a reader that does not block opens before there is a writer, and only with a reader there does a writer open.
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  rmSync(folder, { recursive: true });
  return { reader, writer };
}

/** Lines on their way into a process. */
export class Feed {
  /** How many were handed over so far, to the pipe or to what waits for room in it. */
  written = 0;
  readonly #stdin: Writable;

  /** Writes them, each with its end, as fast as the process reads, and then closes its input. */
  constructor(stdin: Writable, lines: Iterable<string>) {
    this.#stdin = stdin;
    // That a process goes without having read its input is told by its status alone.
    pipeline(Readable.from(this.#ended(lines)), stdin, () => {});
  }

  /** Resolves once the process has to read before more can be written, or no more will be. */
  async full(): Promise<void> {
    const { writableNeedDrain, writableEnded, destroyed } = this.#stdin;
    if (writableNeedDrain || writableEnded || destroyed) return;
    await nextTurn();
    await this.full();
  }

  *#ended(lines: Iterable<string>): Generator<string> {
    for (const line of lines) {
      this.written++;
      yield `${line}\n`;
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lines as Java reads them: LF, CR and CR LF end one. They are pulled, not pushed. */
export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let open = '';
  for await (const chunk of stream.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (open + chunk).split(/\r\n|\n|\r(?!$)/);
    open = lines.pop() as string;
    yield* lines;
  }
  if (open !== '') yield open.replace(/\r$/, '');
}
