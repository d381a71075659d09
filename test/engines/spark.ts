import { environment } from '../helpers/programs.js';
import { type EngineProcess, Feed, linesOf, startProcess } from './processes.js';

/** How often a task may fail before its job does: `spark.task.maxFailures`. */
const MAX_FAILURES = 4;

/** What differs between Spark's two ways to pipe. */
export interface Dialect {
  /** Whether the process has the executor's environment; else it has the variables of `pipe` alone. */
  readonly inherits: boolean;
  /** Whether a status other than 0 fails the task. */
  readonly checksStatus: boolean;
}

/** `RDD.pipe` of Scala and Java: core/…/rdd/PipedRDD.scala. */
export const SCALA: Dialect = { inherits: true, checksStatus: true };
/** `RDD.pipe` of Python: python/pyspark/rdd.py. */
export const PYSPARK: Dialect = { inherits: false, checksStatus: false };
export const PYSPARK_CHECKED: Dialect = { ...PYSPARK, checksStatus: true };

/** A try of a task. */
interface Attempt {
  readonly partition: number;
  /** From 1. */
  readonly attempt: number;
  readonly process: EngineProcess;
}

export interface Piping {
  readonly command: readonly [string, ...string[]];
  readonly dialect: Dialect;
  /** The variables that `pipe` is given. */
  readonly env?: NodeJS.ProcessEnv;
  /** Called as each process starts. */
  readonly onStart?: (attempt: Attempt) => void;
}

/** What a piped RDD has become. */
export interface Piped {
  /** The elements of each partition. */
  readonly partitions: readonly (readonly string[])[];
  /** What the executors' logs have of the processes' standard error. */
  readonly log: string;
  /** Of the tries that failed, by their partitions. */
  readonly failures: readonly (readonly [partition: number, status: number])[];
}

/** One process for a partition, an empty one too: how Spark feeds it and what it takes from it. */
export function compute(
  elements: Iterable<string>,
  { command, dialect, env = {} }: Piping,
): { readonly process: EngineProcess; readonly feed: Feed; readonly lines: AsyncGenerator<string> } {
  const process = startProcess({ argv: command, env: { ...(dialect.inherits ? environment : {}), ...env } });
  // A thread of its own in Spark: elements go in while lines come out.
  const feed = new Feed(process.stdin, elements);
  async function* lines(): AsyncGenerator<string> {
    yield* linesOf(process.stdout);
    const status = await process.status;
    if (status !== 0 && dialect.checksStatus) throw new TaskFailed(status);
  }
  return { process, feed, lines: lines() };
}

class TaskFailed extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`Subprocess exited with status ${status}`);
    this.status = status;
  }
}

/**
 * Pipes every partition through a process, all at the same time. A task that fails is tried again from its start: what
 * the failed one has written counts for nothing.
 */
export async function pipe(partitions: readonly (readonly string[])[], piping: Piping): Promise<Piped> {
  const logs: string[] = [];
  const failures: (readonly [number, number])[] = [];
  const runTask = async (elements: readonly string[], partition: number): Promise<string[]> => {
    for (let attempt = 1; ; attempt++) {
      const { process, lines } = compute(elements, piping);
      piping.onStart?.({ partition, attempt, process });
      try {
        const collected: string[] = [];
        for await (const line of lines) collected.push(line);
        return collected;
      } catch (error) {
        if (!(error instanceof TaskFailed)) throw error;
        failures.push([partition, error.status]);
        if (attempt === MAX_FAILURES) throw error;
      } finally {
        logs.push(await process.stderr);
      }
    }
  };
  const piped = await Promise.all(partitions.map(runTask));
  return { partitions: piped, log: logs.join(''), failures };
}

/** `partitionBy(new HashPartitioner(n))` over the elements' keys, and `values` of that. */
export function partitionBy(elements: readonly string[], keyOf: (element: string) => string, n: number): string[][] {
  const partitions = Array.from({ length: n }, (): string[] => []);
  for (const element of elements) partitions[partitionOf(keyOf(element), n)]?.push(element);
  return partitions;
}

/** By Java's hash code of the key. */
function partitionOf(key: string, n: number): number {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (31 * hash + key.charCodeAt(i)) | 0;
  return ((hash % n) + n) % n;
}
