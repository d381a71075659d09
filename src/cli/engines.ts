import { quote } from '../option-error.js';

/** What an engine tells a task of its place among others. */
interface Engine {
  readonly name: string;
  /** The variable that only this engine's tasks have. */
  readonly index: string;
  readonly total: string;
  /** The index of the first task. */
  readonly first: 0 | 1;
}

/** Each as its documentation has it. Kubernetes tells no total: the manifest has to name it. */
const ENGINES: readonly Engine[] = [
  { name: 'AWS Batch', index: 'AWS_BATCH_JOB_ARRAY_INDEX', total: 'AWS_BATCH_JOB_ARRAY_SIZE', first: 0 },
  { name: 'Google Batch', index: 'BATCH_TASK_INDEX', total: 'BATCH_TASK_COUNT', first: 0 },
  { name: 'Kubernetes', index: 'JOB_COMPLETION_INDEX', total: 'JOB_COMPLETIONS', first: 0 },
  { name: 'Cloud Run', index: 'CLOUD_RUN_TASK_INDEX', total: 'CLOUD_RUN_TASK_COUNT', first: 0 },
  { name: 'GitLab', index: 'CI_NODE_INDEX', total: 'CI_NODE_TOTAL', first: 1 },
  { name: 'CircleCI', index: 'CIRCLE_NODE_INDEX', total: 'CIRCLE_NODE_TOTAL', first: 0 },
];

const SLURM = 'SLURM_ARRAY_TASK_ID';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The `i/n` that the engine's variables stand for.
 *
 * @throws {Error} that says in one line what is wrong with them
 */
export function shardOfEngine(environment: Environment): string {
  const found = [...ENGINES.map(({ index }) => index), SLURM].filter((name) => environment[name]);
  if (found.length === 0) throw new Error('no engine tells in the environment which part this is');
  if (found.length > 1) throw new Error(`${found.join(' and ')} are of different engines`);
  const engine = ENGINES.find(({ index }) => index === found[0]);
  return engine === undefined ? slurm(environment) : numbered(environment, engine);
}

function numbered(environment: Environment, { name, index, total, first }: Engine): string {
  if (!environment[total])
    throw new Error(`${name} tells in ${index} which part this is, but not in ${total} of how many`);
  return toShard(number(environment, index) - first, number(environment, total), index);
}

/** An array has any first number and any step, but only one step: of `1,3,7` no task knows its place. */
function slurm(environment: Environment): string {
  const of = (what: string): number => number(environment, `SLURM_ARRAY_TASK_${what}`);
  const place = (of('ID') - of('MIN')) / (environment['SLURM_ARRAY_TASK_STEP'] ? of('STEP') : 1);
  const last = (of('MAX') - of('MIN')) / (environment['SLURM_ARRAY_TASK_STEP'] ? of('STEP') : 1);
  const count = of('COUNT');
  if (!Number.isInteger(place) || last !== count - 1) {
    throw new Error(`SLURM_ARRAY_TASK_ID=${environment[SLURM]} is of an array that has no even step`);
  }
  return toShard(place, count, SLURM);
}

/** @param place from 0 */
function toShard(place: number, count: number, variable: string): string {
  if (place < 0 || place >= count) throw new Error(`${variable} is not one of ${count} parts`);
  return `${place + 1}/${count}`;
}

function number(environment: Environment, name: string): number {
  const text = environment[name] ?? '';
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} is no number: ${quote(text)}`);
  return Number(text);
}
