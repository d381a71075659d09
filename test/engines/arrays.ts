import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { found, recipes } from './recipes.js';

/** Until a task that was told to end is killed, in seconds: both engines' default. */
const GRACE_SECONDS = 30;

/** An engine that runs one command many times, and tells each which one it is. */
export interface ArrayEngine {
  readonly name: string;
  /** What a task's container runs, `/data` being a volume that all of them share: a program and its arguments. */
  readonly command: readonly string[];
  /** The variables of a task's container. */
  variables(task: Task): Record<string, string>;
}

export interface Task {
  /** From 0. */
  readonly index: number;
  readonly tasks: number;
  /** From 1. */
  readonly attempt: number;
}

const [MANIFEST] = recipes('Kubernetes', 'yaml', 1);
/** What the manifest has in its environment: how many pods there are. */
const TOTAL = found(MANIFEST, /env: \[\{ name: (\w+), value: '\d+' \}\]/);

/** As many as there are to be, and as many as they are told: the test has fewer. */
export const COMPLETIONS = [/completions: (\d+)\n/, /value: '(\d+)'/].map((pattern) => found(MANIFEST, pattern));

/** An Indexed Job whose manifest has `JOB_COMPLETIONS` beside what Kubernetes sets; a retry is another pod. */
export const KUBERNETES: ArrayEngine = {
  name: 'a Kubernetes Indexed Job',
  command: [
    ...found(MANIFEST, /command: \[(.*)\]/).split(', '),
    // A folded scalar: one line.
    found(MANIFEST, /args:\n {12}- >-\n((?: {14}\S.*\n)+) {10}\w/)
      .trim()
      .replaceAll(/\n */g, ' '),
  ],
  variables: ({ index, tasks }) => ({ ...ofPod(index), [TOTAL]: `${tasks}` }),
};

/** The same whose manifest has it not. */
export const KUBERNETES_WITHOUT_TOTAL: ArrayEngine = {
  ...KUBERNETES,
  name: 'a Kubernetes Indexed Job without JOB_COMPLETIONS',
  variables: ({ index }) => ofPod(index),
};

const [DEFINITION] = recipes('AWS Batch', 'json', 1);
const [, S3_SCRIPT] = recipes('AWS Batch', 'sh', 2);

/** An array job: https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html; a retry has the job's id. */
export const AWS_BATCH: ArrayEngine = {
  name: 'an AWS Batch array job',
  command: (JSON.parse(DEFINITION) as { containerProperties: { command: string[] } }).containerProperties.command,
  variables: ({ index, tasks, attempt }) => ({
    AWS_BATCH_CE_NAME: 'spot',
    AWS_BATCH_JQ_NAME: 'lengths',
    AWS_BATCH_JOB_ID: `8f1a6d3c-0000-4c4f-9b1e-1c2d3e4f5a6b:${index}`,
    AWS_BATCH_JOB_ARRAY_INDEX: `${index}`,
    AWS_BATCH_JOB_ARRAY_SIZE: `${tasks}`,
    AWS_BATCH_JOB_ATTEMPT: `${attempt}`,
  }),
};

/** The same without a volume: its script has the parts in a bucket. */
export const AWS_BATCH_S3: ArrayEngine = {
  ...AWS_BATCH,
  name: 'an AWS Batch array job with S3',
  command: ['sh', '-c', S3_SCRIPT],
};

function ofPod(index: number): Record<string, string> {
  return {
    JOB_COMPLETION_INDEX: `${index}`,
    HOSTNAME: `lengths-${index}`,
    KUBERNETES_SERVICE_HOST: '10.96.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    KUBERNETES_PORT: 'tcp://10.96.0.1:443',
  };
}

export interface Ended {
  /** `null` if a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One container. It has what its engine sets and where programs are, and nothing else of this process's environment. */
export class Container {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  /** @param folder its working directory, and the volume if there is one */
  constructor(engine: ArrayEngine, task: Task, { folder, path }: { readonly folder: string; readonly path: string }) {
    const [file = '', ...args] = engine.command.map((word) => word.replaceAll('/data/', `${folder}/`));
    const env = { PATH: path, ...engine.variables(task) };
    const child = spawn(file, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    this.ended = once(child, 'close').then(async ([status, signal]) => {
      const [stdout, stderr] = await output;
      return { status, signal, stdout, stderr };
    });
  }

  /** Its machine is gone. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** It is to go: it may end in good order, and is killed where it does not. */
  async terminate(): Promise<Ended> {
    const timer = setTimeout(() => this.kill(), GRACE_SECONDS * 1000);
    this.#child.kill('SIGTERM');
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }
}
