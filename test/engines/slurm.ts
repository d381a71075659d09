import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { environment, run } from '../helpers/programs.js';
import { freePorts, type Running, start, stopAll } from '../helpers/running.js';
import { pathWithCommand } from './recipes.js';
import { until } from './until.js';

/** Of each of the two nodes: they have room for six tasks at once. */
const CPUS = 3;

/** The states of a job that has not ended. */
const UNDER_WAY = ['PENDING', 'CONFIGURING', 'RUNNING', 'COMPLETING', 'SUSPENDED'];

/** What Slurm tells of a job that is no array, or of a task of one, by the keys of `scontrol show job`. */
export type Job = Readonly<
  Record<'ArrayTaskId' | 'JobState' | 'ExitCode' | 'Restarts' | 'NodeList', string | undefined>
>;

/** A machine of the cluster: all its processes see no others and end with it. */
class Node implements Running {
  readonly #process: ChildProcess;
  /** On standard error. */
  said = '';

  constructor(name: string, env: NodeJS.ProcessEnv) {
    const slurmd = ['slurmd', '-D', '-N', name];
    this.#process = spawn('unshare', ['--pid', '--mount-proc', '--fork', '--kill-child', ...slurmd], {
      env: { ...environment, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.said += chunk.toString();
    });
  }

  /** As where a machine loses its power. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }
}

/** Slurm with two nodes, all of it on this machine and all its files in one folder. */
export class Cluster implements Running {
  readonly #folder: string;
  readonly #work: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #running: Running[] = [];
  readonly #nodes = new Map<string, Node>();

  /**
   * @param folder an empty one, for all that Slurm writes
   * @param work where jobs are submitted and run, with `fetch-lengths` in their `PATH`
   */
  constructor(folder: string, work: string) {
    this.#folder = folder;
    this.#work = work;
    this.#env = { SLURM_CONF: join(folder, 'slurm.conf'), PATH: pathWithCommand(folder) };
  }

  /** Resolves when jobs can run. If it rejects, there may be something to stop all the same. */
  async start(): Promise<void> {
    this.#running.push(await startMunge(this.#folder));
    const ports = await freePorts(3);
    await writeFile(join(this.#folder, 'slurm.conf'), configuration(this.#folder, ports));
    this.#running.push(await start('slurmctld', ['-D'], [ports[0]], { env: this.#env }));
    for (const name of ['node1', 'node2']) {
      const node = new Node(name, this.#env);
      this.#nodes.set(name, node);
      this.#running.push(node);
    }
    try {
      await until(
        () => this.command('sinfo', ['--noheader', '--format=%D %T']),
        (state) => state === '2 idle\n',
      );
    } catch (error) {
      const said = [...this.#nodes.values()].map((node) => node.said);
      throw new Error(`the nodes are not up: ${said.join('')}`, { cause: error });
    }
  }

  /** Runs one of Slurm's commands to its end and gives what it says. */
  command(name: 'sbatch' | 'scancel' | 'scontrol' | 'sinfo' | 'squeue', args: readonly string[]): Promise<string> {
    return run(name, args, { cwd: this.#work, env: this.#env });
  }

  /** Gives the job's number. */
  async submit(args: readonly string[]): Promise<string> {
    return (await this.command('sbatch', ['--parsable', ...args])).trim();
  }

  /** Resolves when a job, or every task of an array, has ended and is not to run again. */
  ended(job: string): Promise<readonly Job[]> {
    return until(
      () => this.jobs(job),
      (jobs) => jobs.every(({ JobState = '' }) => !UNDER_WAY.includes(JobState)),
    );
  }

  /** A job, or all tasks of an array. */
  async jobs(job: string): Promise<readonly Job[]> {
    const lines = (await this.command('scontrol', ['--oneliner', 'show', 'job', job])).trim().split('\n');
    return lines.map((line) => Object.fromEntries(line.split(' ').map((field) => field.split('='))) as Job);
  }

  /** Cancels what a test has left, and resolves when it is gone. */
  async clear(): Promise<void> {
    await this.command('scancel', ['--user=root']);
    await until(
      () => this.command('squeue', ['--noheader']),
      (queue) => queue === '',
    );
  }

  /** Ends all that runs on a node and, as Slurm does by itself after `SlurmdTimeout`, gives it up: minutes sooner. */
  async killNode(name: string): Promise<void> {
    await this.#nodes.get(name)?.stop();
    await this.command('scontrol', ['update', `NodeName=${name}`, 'State=DOWN', 'Reason=dead']);
  }

  stop(): Promise<void> {
    return stopAll(this.#running);
  }
}

/** What Slurm's parts trust each other by. */
async function startMunge(folder: string): Promise<Running> {
  const socket = `--socket=${join(folder, 'munge.socket')}`;
  const files = ['key', 'pid', 'log', 'seed'].map((use) => `--${use}-file=${join(folder, `munge.${use}`)}`);
  await writeFile(join(folder, 'munge.key'), randomBytes(128), { mode: 0o600 });
  // It leaves the foreground when it listens.
  await run('munged', [socket, ...files]);
  return {
    async stop() {
      await run('munged', ['--stop', socket]);
    },
  };
}

function configuration(folder: string, [controller, ...nodes]: readonly number[]): string {
  const [machine] = hostname().split('.');
  return `
ClusterName=lengths
SlurmctldHost=${machine}(127.0.0.1)
SlurmctldPort=${controller}
SlurmUser=root
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmdPidFile=${folder}/%n.pid
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/%n
AuthType=auth/munge
CryptoType=crypto/munge
# A job that was requeued while it ran waits as long as a credential holds: two minutes by default, not less than this.
AuthInfo=socket=${folder}/munge.socket,cred_expire=5
# No cgroups: a container has none to give.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
# The nodes have more CPUs than the machine.
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=node[1-2] NodeHostname=${machine} NodeAddr=127.0.0.1 Port=[${nodes.join(',')}] CPUs=${CPUS}
PartitionName=all Nodes=ALL Default=YES PriorityTier=1
PartitionName=urgent Nodes=ALL PriorityTier=2
`;
}
