import { execFile } from 'node:child_process';
import { accessSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

/** A real program: what there is where it is installed, and the Debian packages that bring it. */
interface Program {
  /** Names to be found in `PATH`, and absolute paths. */
  readonly files: readonly string[];
  readonly packages: readonly string[];
}

const PROGRAMS = {
  apache2: { files: ['apache2', '/usr/lib/apache2/modules/mod_ssl.so'], packages: ['apache2'] },
  caddy: { files: ['caddy'], packages: ['caddy'] },
  curl: { files: ['curl'], packages: ['curl'] },
  fish: { files: ['fish'], packages: ['fish'] },
  groff: { files: ['groff'], packages: ['groff'] },
  haproxy: { files: ['haproxy'], packages: ['haproxy'] },
  // Not "python3", which may be another one than Debian's.
  httpbin: {
    files: ['/usr/bin/python3', '/usr/lib/python3/dist-packages/httpbin/core.py'],
    packages: ['python3-httpbin'],
  },
  ip: { files: ['ip'], packages: ['iproute2'] },
  jq: { files: ['jq'], packages: ['jq'] },
  lighttpd: {
    files: ['lighttpd', '/usr/lib/lighttpd/mod_deflate.so', '/usr/lib/lighttpd/mod_openssl.so'],
    packages: ['lighttpd', 'lighttpd-mod-deflate', 'lighttpd-mod-openssl'],
  },
  man: { files: ['man', 'lexgrog'], packages: ['man-db'] },
  munge: { files: ['munged'], packages: ['munge'] },
  nginx: { files: ['nginx'], packages: ['nginx-light'] },
  openssl: { files: ['openssl'], packages: ['openssl'] },
  parallel: { files: ['parallel'], packages: ['parallel'] },
  python3: { files: ['/usr/bin/python3'], packages: ['python3'] },
  slurm: { files: ['sbatch', 'scontrol', 'slurmctld', 'slurmd'], packages: ['slurm-wlm'] },
  squid: { files: ['squid', '/usr/lib/squid/basic_ncsa_auth'], packages: ['squid'] },
  ssh: { files: ['ssh', 'ssh-keygen', 'sshd'], packages: ['openssh-client', 'openssh-server'] },
  tinyproxy: { files: ['tinyproxy'], packages: ['tinyproxy'] },
  unshare: { files: ['unshare'], packages: ['util-linux'] },
  zsh: { files: ['zsh'], packages: ['zsh'] },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof PROGRAMS;

/** Debian keeps servers where only root looks. */
const PATH = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`;

/** The names of the variables that choose a proxy. */
const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/** The environment of real programs: no proxy of the machine's comes between them and loopback. */
export const environment: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries({ ...process.env, PATH }).filter(([name]) => !PROXY_VARIABLES.includes(name)),
);

/** Where nothing may be skipped. */
export const inCI = !['', '0', 'false'].includes(process.env['CI'] ?? '');

const runFile = promisify(execFile);

/** What a program is run with, besides its arguments. */
export interface Surroundings {
  /** The folder that it runs in; this one by default. */
  readonly cwd?: string | undefined;
  /** Variables besides those of `environment`. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** Runs a program to its end and gives its standard output; rejects if its status is not 0. */
export async function run(program: string, args: readonly string[], { cwd, env }: Surroundings = {}): Promise<string> {
  const options = { env: { ...environment, ...env }, cwd, maxBuffer: Number.POSITIVE_INFINITY };
  const { stdout } = await runFile(program, args, options);
  return stdout;
}

/** A suite that needs programs: where one of them is missing, it is skipped by name, and in CI a failure. */
export function describeWith(needed: readonly ProgramName[], name: string, suite: () => void): void {
  const absent = needed.filter((program) => !isInstalled(program));
  const without = absent.length === 0 ? '' : ` (not installed: ${absent.join(', ')})`;
  test.runIf(inCI)(`installed for ${name}: ${needed.join(', ')}`, () => {
    const packages = absent.flatMap((program) => PROGRAMS[program].packages);
    expect(absent, `Debian: apt-get install ${packages.join(' ')}`).toEqual([]);
  });
  describe.skipIf(absent.length > 0)(`${name}${without}`, suite);
}

function isInstalled(program: ProgramName): boolean {
  // An absolute path stands for itself, all others are looked for.
  return PROGRAMS[program].files.every((file) =>
    file.startsWith('/') ? exists(file) : PATH.split(delimiter).some((folder) => exists(join(folder, file))),
  );
}

function exists(file: string): boolean {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}
