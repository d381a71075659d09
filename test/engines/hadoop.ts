import { environment, run, type Surroundings } from '../helpers/programs.js';
import { Feed, linesOf, startProcess } from './processes.js';

/** How often a task may fail before its job does: `mapreduce.map.maxattempts`, and the same of reduce. */
const MAX_ATTEMPTS = 4;

/** A job of `hadoop jar hadoop-streaming.jar`, with the options of that command. */
export interface StreamingJob {
  /** What each map task has of the input: whole lines. */
  readonly splits: readonly string[];
  readonly mapper: string;
  /** Without one the job is map only: `-D mapreduce.job.reduces=0`. */
  readonly reducer?: string;
  readonly numReduceTasks?: number;
  readonly inputFormat?: 'TextInputFormat' | 'NLineInputFormat';
  /** `-D name=value`. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Where tasks run, and what is in their environment besides the job's properties. */
  readonly surroundings?: Surroundings;
  /** Called as each process starts, with its attempt (from 1). */
  readonly onStart?: (attempt: number, process: ReturnType<typeof startProcess>) => void;
}

export interface JobOutcome {
  /** The text of `part-00000` and so on. */
  readonly parts: readonly string[];
  /** What the tasks' logs have of their standard error. */
  readonly log: string;
  /** What standard error has set: `group,counter` to its sum. */
  readonly counters: ReadonlyMap<string, number>;
  /** How many attempts failed. */
  readonly failedAttempts: number;
}

interface Pair {
  readonly key: string;
  readonly value: string;
}

/** What a line of shell with `hadoop jar` in it has streaming do: a shell takes it apart. */
export async function jobOf(line: string): Promise<Omit<StreamingJob, 'splits'>> {
  const words = await run('sh', ['-c', `hadoop() { printf '%s\\0' "$@"; }\n${line}`], { env: { HADOOP_HOME: '' } });
  const [jar, , ...args] = words.split('\0').slice(0, -1);
  if (jar !== 'jar') throw new Error(`no "hadoop jar" in ${line}`);
  const options = new Map<string, string>();
  const properties = new Map<string, string>();
  for (let i = 0; i < args.length; i += 2) {
    const [name = '', value = ''] = args.slice(i);
    const isGeneric = ['-D', '-files'].includes(name);
    // Streaming does not know them: they are taken out before, and only from the front.
    if (isGeneric && options.size > 0) throw new Error(`${name} ${value} behind ${[...options.keys()].join(', ')}`);
    if (name === '-D') properties.set(...(value.split('=', 2) as [string, string]));
    else if (!isGeneric) options.set(name, value);
  }
  const numReduceTasks = Number(properties.get('mapreduce.job.reduces') ?? 1);
  const format = options.get('-inputformat')?.split('.').at(-1) ?? 'TextInputFormat';
  return {
    mapper: options.get('-mapper') ?? '',
    ...(numReduceTasks > 0 && { reducer: options.get('-reducer') ?? '', numReduceTasks }),
    inputFormat: format as NonNullable<StreamingJob['inputFormat']>,
    properties: Object.fromEntries(properties),
  };
}

/** Runs a job: maps, and then sorts by key, and reduces, if it has a reducer. Rejects once a task has failed too often. */
export async function hadoopStreaming(job: StreamingJob): Promise<JobOutcome> {
  const tasks = new Tasks(job);
  const mapped = await Promise.all(job.splits.map((split) => tasks.run(job.mapper, mapInput(split, job))));
  let outputs: Pair[][] = mapped;
  if (job.reducer !== undefined) {
    const { reducer, numReduceTasks = 1 } = job;
    outputs = await Promise.all(
      shuffle(mapped.flat(), numReduceTasks).map(async (pairs) => {
        const output = await tasks.run(reducer, pairs.map(tabbed));
        // PipeReducer listens from the first pair on: what a process writes that was given none is read and dropped.
        return pairs.length === 0 ? [] : output;
      }),
    );
  }
  const separator = job.properties?.['mapreduce.output.textoutputformat.separator'] ?? '\t';
  // TextOutputFormat leaves the separator out only where the value is null, and a text that is empty is not.
  const parts = outputs.map((pairs) => pairs.map(({ key, value }) => `${key}${separator}${value}\n`).join(''));
  return { parts, log: tasks.log, counters: tasks.counters, failedAttempts: tasks.failedAttempts };
}

/** What PipeMapper writes: of TextInputFormat's records the value, of all others the key too. */
function mapInput(split: string, { inputFormat = 'TextInputFormat', properties = {} }: StreamingJob): string[] {
  const ignoreKey = properties['stream.map.input.ignoreKey'] ?? String(inputFormat === 'TextInputFormat');
  let offset = 0;
  return (split.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => {
    const pair = { key: String(offset), value: line.replace(/\r?\n$/, '') };
    offset += Buffer.byteLength(line);
    return ignoreKey === 'true' ? pair.value : tabbed(pair);
  });
}

function tabbed({ key, value }: Pair): string {
  return `${key}\t${value}`;
}

/** A line without a tab is a key whose value is empty (TextOutputReader). */
function toPair(line: string): Pair {
  const tab = line.indexOf('\t');
  return tab === -1 ? { key: line, value: '' } : { key: line.slice(0, tab), value: line.slice(tab + 1) };
}

/** All pairs of a key to one reduce task (HashPartitioner), sorted by key; values of one key in any order. */
function shuffle(pairs: readonly Pair[], tasks: number): Pair[][] {
  const shares = Array.from({ length: tasks }, (): Pair[] => []);
  for (const pair of pairs.toReversed()) shares[(hashOf(pair.key) & 0x7fffffff) % tasks]?.push(pair);
  return shares.map((share) => share.toSorted((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))));
}

/** As `Text` has it, of the bytes of its UTF-8, which have signs in Java. */
function hashOf(key: string): number {
  let hash = 1;
  for (const byte of new Int8Array(Buffer.from(key))) hash = (31 * hash + byte) | 0;
  return hash;
}

/** The tasks of a job, each a process. */
class Tasks {
  log = '';
  failedAttempts = 0;
  readonly counters = new Map<string, number>();
  readonly #job: StreamingJob;

  constructor(job: StreamingJob) {
    this.#job = job;
  }

  /** What a command makes of its input. The output of an attempt that failed is dropped. */
  async run(command: string, input: readonly string[]): Promise<Pair[]> {
    for (let attempt = 1; ; attempt++) {
      const { status, pairs } = await this.#attempt(command, input, attempt);
      const failed = status !== 0 && this.#job.properties?.['stream.non.zero.exit.is.failure'] !== 'false';
      if (!failed) return pairs;
      this.failedAttempts++;
      if (attempt === MAX_ATTEMPTS) throw new Error(`subprocess failed with code ${status}`);
    }
  }

  async #attempt(
    command: string,
    input: readonly string[],
    attempt: number,
  ): Promise<{ readonly status: number; readonly pairs: Pair[] }> {
    const { cwd, env } = this.#job.surroundings ?? {};
    const process = startProcess({
      argv: splitArgs(command),
      cwd,
      env: { ...environment, ...env, ...this.#variables() },
    });
    new Feed(process.stdin, input);
    this.#job.onStart?.(attempt, process);
    const pairs: Pair[] = [];
    for await (const line of linesOf(process.stdout)) pairs.push(toPair(line));
    for (const line of (await process.stderr).match(/[^\n]+/g) ?? []) this.#note(line);
    return { status: await process.status, pairs };
  }

  /** The job's properties are in the environment, with `_` for all but letters and digits. */
  #variables(): NodeJS.ProcessEnv {
    const properties = Object.entries({
      'mapreduce.task.attempt.id': 'attempt_1_0001_m_000000_0',
      ...this.#job.properties,
    });
    return Object.fromEntries(properties.map(([name, value]) => [name.replace(/[^0-9A-Za-z]/g, '_'), value]));
  }

  /** A line of standard error is for the job if it begins so, else it goes to the task's log. */
  #note(line: string): void {
    if (!line.startsWith('reporter:')) {
      this.log += `${line}\n`;
      return;
    }
    const [, name, amount] = /^reporter:counter:([^,]*,[^,]*),(\d+)$/.exec(line.trim()) ?? [];
    if (name !== undefined) this.counters.set(name, (this.counters.get(name) ?? 0) + Number(amount));
  }
}

/** A command line as PipeMapRed takes it apart: no shell, both kinds of quotes, nothing else is special. */
function splitArgs(command: string): [string, ...string[]] {
  const words = command.match(/'[^']*'|"[^"]*"|[^ '"]+/g) ?? [];
  const [program, ...args] = words.map((word) => word.replace(/^(['"])(.*)\1$/s, '$2')).filter((word) => word !== '');
  if (program === undefined) throw new Error('no command');
  return [program, ...args];
}
