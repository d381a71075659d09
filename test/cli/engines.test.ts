import { describe, expect, test } from 'vitest';
import { shardOfEngine } from '../../src/cli/engines.js';

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

  test.each<[string, Record<string, string>, string]>([
    ['none', {}, 'no engine tells in the environment which part this is'],
    [
      'two at once',
      { CI_NODE_INDEX: '1', CI_NODE_TOTAL: '4', ...slurm(0, 0, 3, 1, 4) },
      'CI_NODE_INDEX and SLURM_ARRAY_TASK_ID are of different engines',
    ],
    ['an index without a total', { JOB_COMPLETION_INDEX: '1' }, 'but not in JOB_COMPLETIONS of how many'],
    ['an empty total', { BATCH_TASK_INDEX: '1', BATCH_TASK_COUNT: '' }, 'but not in BATCH_TASK_COUNT of how many'],
    ['out of range', { BATCH_TASK_INDEX: '4', BATCH_TASK_COUNT: '4' }, 'BATCH_TASK_INDEX is not one of 4 parts'],
    ['zero where it counts from 1', { CI_NODE_INDEX: '0', CI_NODE_TOTAL: '4' }, 'CI_NODE_INDEX is not one of 4 parts'],
    ['no parts', { BATCH_TASK_INDEX: '0', BATCH_TASK_COUNT: '0' }, 'BATCH_TASK_INDEX is not one of 0 parts'],
    ['no number', { CLOUD_RUN_TASK_INDEX: 'x', CLOUD_RUN_TASK_COUNT: '4' }, 'CLOUD_RUN_TASK_INDEX is no number: "x"'],
    [
      'a total that is no number',
      { BATCH_TASK_INDEX: '0', BATCH_TASK_COUNT: '4.0' },
      'BATCH_TASK_COUNT is no number: "4.0"',
    ],
    ['negative', { CIRCLE_NODE_INDEX: '-1', CIRCLE_NODE_TOTAL: '4' }, 'CIRCLE_NODE_INDEX is no number: "-1"'],
    ['Slurm without its count', { SLURM_ARRAY_TASK_ID: '1' }, 'SLURM_ARRAY_TASK_MIN is no number: ""'],
    ['Slurm in uneven steps', slurm(3, 1, 7, 2, 3), 'is of an array that has no even step'],
    ['Slurm off its steps', slurm(4, 1, 7, 2, 4), 'is of an array that has no even step'],
  ])('cannot be told: %s', (_, environment, message) => {
    expect(() => shardOfEngine(environment)).toThrow(message);
  });
});
