import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { makeFolder, removeFolder } from '../helpers/folder.js';
import { environment, run } from '../helpers/programs.js';
import {
  machineAddress,
  makeNamespaces,
  plugIn,
  processesIn,
  removeNamespaces,
  spawnIn,
  unplug,
} from './namespaces.js';

/** What ssh calls them, as the page does; the first one's number is 1. */
const NAMES = ['one', 'two', 'three'] as const;

/**
 * When a machine gives its caller up (4 seconds at most), and when the caller gives a machine up (8 seconds). The machine
 * must be first: it has ended what it does before that is begun once more elsewhere. Both wait for one answer more than
 * they are told, and sshd up to twice the interval for each.
 */
const CLIENT_ALIVE = ['ClientAliveInterval 1', 'ClientAliveCountMax 1'];
const SERVER_ALIVE = ['ServerAliveInterval 1', 'ServerAliveCountMax 7', 'ConnectTimeout 3'];

/** Three machines that `ssh` reaches, with `fetch-lengths` in their `PATH`. */
export class Machines {
  #folder = '';
  /** Of each sshd: resolves when it and all that it has started are gone. */
  readonly #closed: Promise<unknown>[] = [];
  readonly #unplugged: number[] = [];

  /** To be removed even if it fails. */
  async make(): Promise<void> {
    await makeNamespaces(NAMES.length);
    this.#folder = await makeFolder();
    for (const key of ['host', 'user']) {
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(this.#folder, key)]);
    }
    await writeFile(this.#file('sshd_config'), this.#serverConfig());
    await writeFile(this.#file('ssh_config'), this.#clientConfig());
    const command = `#!/bin/sh\nexec '${process.execPath}' '${resolve('dist/bin.cjs')}' "$@"\n`;
    await writeFile(this.#file('fetch-lengths'), command, { mode: 0o755 });
    for (const index of NAMES.keys()) await this.#serve(index + 1);
  }

  async remove(): Promise<void> {
    await removeNamespaces();
    await Promise.all(this.#closed);
    await removeFolder(this.#folder);
  }

  /** Runs a line of shell that has GNU parallel call these machines. */
  async run(line: string): Promise<void> {
    await run('sh', ['-c', line], {
      cwd: this.#folder,
      // Nothing of the user's own changes what it does, and it leaves nothing with them.
      env: { PARALLEL: '', PARALLEL_HOME: this.#folder, PARALLEL_SSH: `ssh -F ${this.#file('ssh_config')}` },
    });
  }

  /** Cuts one of them off while it has requests at the port of this process, and gives its number. */
  cutOffOneAtWork(port: number): number {
    const args = ['-Htn', 'state', 'established', `sport = :${port}`];
    // All of it at once: no answer goes out meanwhile, so it stays in the middle of its work.
    const connections = execFileSync('ss', args, { env: environment, encoding: 'utf8' });
    const count = (number: number): number => connections.split(` ${machineAddress(number)}:`).length;
    const [busiest = 1] = NAMES.map((_, index) => index + 1).sort((a, b) => count(b) - count(a));
    if (count(busiest) === 1) throw new Error(`no machine is at work: ${connections}`);
    unplug(busiest);
    this.#unplugged.push(busiest);
    return busiest;
  }

  /** What runs on it besides what makes it reachable. */
  async commandsOn(number: number): Promise<string[]> {
    return (await processesIn(number)).filter((line) => !line.startsWith('sshd:'));
  }

  /** Brings back what was cut off. */
  async restore(): Promise<void> {
    for (const number of this.#unplugged.splice(0)) {
      await plugIn(number);
      await run('ssh', ['-F', this.#file('ssh_config'), NAMES[number - 1] ?? '', 'true']);
    }
  }

  async #serve(number: number): Promise<void> {
    // The start-up files of whoever runs this are not read, and their folder is not written to.
    const [home, passwd] = [this.#file(`home-${number}`), this.#file(`passwd-${number}`)];
    await mkdir(home);
    await writeFile(passwd, (await readFile('/etc/passwd', 'utf8')).replace(/^(root:.*:).*(:.*)$/m, `$1${home}$2`));
    // "ip netns exec" has mounts of its own: a login folder, and one that sshd wants and only Debian's service makes.
    const mounts = 'mount --bind "$1" /etc/passwd && mount -t tmpfs tmpfs /run && mkdir /run/sshd';
    const start = `${mounts} && exec "$(command -v sshd)" -D -e -f "$0"`;
    const server = spawnIn(number, ['sh', '-c', start, this.#file('sshd_config'), passwd]);
    this.#closed.push(once(server, 'close'));
    await listening(server.stderr);
    // What it says from now on has to be read, or it would wait.
    server.stderr.resume();
  }

  #serverConfig(): string {
    return [
      ...CLIENT_ALIVE,
      'ListenAddress 0.0.0.0',
      `HostKey ${this.#file('host')}`,
      `AuthorizedKeysFile ${this.#file('user.pub')}`,
      // The folder is in one that everybody may write to.
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      `SetEnv PATH=${this.#folder}:/usr/local/bin:/usr/bin:/bin`,
      '',
    ].join('\n');
  }

  #clientConfig(): string {
    return [
      ...NAMES.map((name, index) => `Host ${name}\nHostName ${machineAddress(index + 1)}`),
      'Host *',
      ...SERVER_ALIVE,
      'User root',
      `IdentityFile ${this.#file('user')}`,
      'IdentitiesOnly yes',
      'BatchMode yes',
      'StrictHostKeyChecking no',
      'UserKnownHostsFile /dev/null',
      'LogLevel ERROR',
      '',
    ].join('\n');
  }

  #file(name: string): string {
    return join(this.#folder, name);
  }
}

/** Resolves when the sshd that says this listens; rejects with what it says if it ends instead. */
async function listening(stderr: Readable): Promise<void> {
  const said = [];
  for await (const line of createInterface(stderr)) {
    if (line.startsWith('Server listening')) return;
    said.push(line);
  }
  throw new Error(`sshd ended: ${said.join('\n')}`);
}
