import { describe, expect, test } from 'vitest';
import { shardOfEngine } from '../../src/cli/engines.js';
import { run } from '../helpers/cli.js';
import { rawServer, response } from '../helpers/raw-server.js';

const slurm = (id: number, min: number, max: number, step: number, count: number): Record<string, string> => ({
  SLURM_ARRAY_TASK_ID: String(id),
  SLURM_ARRAY_TASK_MIN: String(min),
  SLURM_ARRAY_TASK_MAX: String(max),
  SLURM_ARRAY_TASK_STEP: String(step),
  SLURM_ARRAY_TASK_COUNT: String(count),
});

describe('an engine', () => {
  test.each<[string, Record<string, string>, string]>([
    ['AWS Batch', { AWS_BATCH_JOB_ARRAY_INDEX: '0', AWS_BATCH_JOB_ARRAY_SIZE: '4' }, '1/4'],
    ['Google Batch', { BATCH_TASK_INDEX: '3', BATCH_TASK_COUNT: '4' }, '4/4'],
    ['Kubernetes', { JOB_COMPLETION_INDEX: '1', JOB_COMPLETIONS: '4' }, '2/4'],
    ['Cloud Run', { CLOUD_RUN_TASK_INDEX: '2', CLOUD_RUN_TASK_COUNT: '4' }, '3/4'],
    ['GitLab', { CI_NODE_INDEX: '1', CI_NODE_TOTAL: '4' }, '1/4'],
    ['CircleCI', { CIRCLE_NODE_INDEX: '0', CIRCLE_NODE_TOTAL: '4' }, '1/4'],
    ['Slurm from 0', slurm(0, 0, 3, 1, 4), '1/4'],
    ['Slurm from 1', slurm(4, 1, 4, 1, 4), '4/4'],
    ['Slurm from anywhere in steps', slurm(24, 10, 38, 7, 5), '3/5'],
    ['Slurm with one task', slurm(7, 7, 7, 1, 1), '1/1'],
    [
      'another engine whose variable is empty',
      { CI_NODE_INDEX: '', BATCH_TASK_INDEX: '0', BATCH_TASK_COUNT: '2' },
      '1/2',
    ],
  ])('%s', (_, environment, shard) => {
    expect(shardOfEngine(environment)).toBe(shard);
  });
});

/** Each engine's variables: the index, the total, and the first index. */
const NUMBERED = [
  ['AWS_BATCH_JOB_ARRAY_INDEX', 'AWS_BATCH_JOB_ARRAY_SIZE', 0],
  ['BATCH_TASK_INDEX', 'BATCH_TASK_COUNT', 0],
  ['JOB_COMPLETION_INDEX', 'JOB_COMPLETIONS', 0],
  ['CLOUD_RUN_TASK_INDEX', 'CLOUD_RUN_TASK_COUNT', 0],
  ['CI_NODE_INDEX', 'CI_NODE_TOTAL', 1],
  ['CIRCLE_NODE_INDEX', 'CIRCLE_NODE_TOTAL', 0],
] as const;

/** Fails unless it is told in one line, and nothing is fetched. */
async function expectRefused(env: Record<string, string>, message: string): Promise<void> {
  const server = await rawServer(response('hello'));
  const { status, stdout, stderr } = await run(['--shard', 'auto', server.origin], { env });
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^fetch-lengths: option '--shard <i\/n\|auto>': .*\n$/);
  expect(stderr).toContain(message);
  expect(server.connections).toBe(0);
}

describe.each(NUMBERED)('%s is refused', (index, total, first) => {
  const notOneOf = (count: number): string => `${index} is not one of ${count} parts`;
  test.each<[string, string, string | undefined, string]>([
    ['without a total', '1', undefined, `but not in ${total} of how many`],
    ['with an empty total', '1', '', `but not in ${total} of how many`],
    ['of no parts', `${first}`, '0', notOneOf(0)],
    ['behind the last part', `${first + 4}`, '4', notOneOf(4)],
    ['far behind it', '999999999', '4', notOneOf(4)],
    ['as no number', 'x', '4', `${index} is no number: "x"`],
    ['below zero', '-1', '4', `${index} is no number: "-1"`],
    ['as a fraction', '1.5', '4', `${index} is no number: "1.5"`],
    ['with blanks', ' 1', '4', `${index} is no number: " 1"`],
    ['with a total that is no number', '1', 'four', `${total} is no number: "four"`],
    ['with a total below zero', '1', '-4', `${total} is no number: "-4"`],
    ['with more parts than there can be', '1', '1000001', 'expected "i/n"'],
  ])('%s', async (_, place, count, message) => {
    await expectRefused({ [index]: place, ...(count !== undefined && { [total]: count }) }, message);
  });
});

describe('refused is', () => {
  test('zero where an engine counts from 1', async () => {
    await expectRefused({ CI_NODE_INDEX: '0', CI_NODE_TOTAL: '4' }, 'CI_NODE_INDEX is not one of 4 parts');
  });

  test('no engine at all', async () => {
    await expectRefused({}, 'no engine tells in the environment which part this is');
  });

  test.each(NUMBERED.map(([index, total]) => [index, total]))('%s beside that of Slurm', async (index, total) => {
    const env = { [index]: '1', [total]: '4', ...slurm(1, 1, 4, 1, 4) };
    await expectRefused(env, `${index} and SLURM_ARRAY_TASK_ID are of different engines`);
  });

  test.each<[string, Record<string, string>, string]>([
    ['without its count', { SLURM_ARRAY_TASK_ID: '1' }, 'SLURM_ARRAY_TASK_MIN is no number: ""'],
    ['in uneven steps', slurm(3, 1, 7, 2, 3), 'SLURM_ARRAY_TASK_ID=3 is of an array that has no even step'],
    ['off its steps', slurm(4, 1, 7, 2, 4), 'SLURM_ARRAY_TASK_ID=4 is of an array that has no even step'],
    ['with a step of zero', slurm(1, 1, 7, 0, 4), 'SLURM_ARRAY_TASK_ID=1 is of an array that has no even step'],
    ['as no number', { ...slurm(1, 1, 4, 1, 4), SLURM_ARRAY_TASK_ID: 'x' }, 'SLURM_ARRAY_TASK_ID is no number: "x"'],
    ['below its first', slurm(0, 1, 4, 1, 4), 'SLURM_ARRAY_TASK_ID is not one of 4 parts'],
    ['behind its last', slurm(5, 1, 4, 1, 4), 'SLURM_ARRAY_TASK_ID is not one of 4 parts'],
    ['of no tasks', slurm(1, 1, 4, 1, 0), 'SLURM_ARRAY_TASK_ID=1 is of an array that has no even step'],
  ])('SLURM_ARRAY_TASK_ID %s', async (_, env, message) => {
    await expectRefused(env, message);
  });
});
