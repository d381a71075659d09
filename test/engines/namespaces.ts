import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { environment, run } from '../helpers/programs.js';

/** Until all processes of a namespace have died of their SIGKILL, in milliseconds. */
const KILL_TIMEOUT = 10_000;

/** Names tell whose they are, so that two runs do not meet, and what a killed one has left is known. */
const NAME = /^fl(\d+)-\d+$/;

/** Of all that a process makes, namespaces and links alike. */
function prefixOf(pid: number): string {
  return `fl${pid}-`;
}

const PREFIX = prefixOf(process.pid);
const BRIDGE = `${PREFIX}0`;

/** The third number of all addresses, so that two runs have others. */
const BLOCK = process.pid % 256;

/** 198.18.0.0/15 is for tests of networks (RFC 2544): no machine has an address of it. */
const GATEWAY = `198.18.${BLOCK}.254`;

/** The address of a machine, from 1. */
export function machineAddress(number: number): string {
  return `198.18.${BLOCK}.${number}`;
}

/** One of the 254 addresses that this process may serve at, from 1: each is a host of its own. */
export function siteAddress(number: number): string {
  return `198.19.${BLOCK}.${number}`;
}

/** Whether this process may make namespaces, and this system has what joins them. Leaves nothing behind. */
export function canMakeNamespaces(): boolean {
  const links = 'ip link add bridge0 type bridge && ip link add veth0 type veth peer name veth1';
  try {
    execFileSync('unshare', ['--net', '--mount', 'sh', '-c', links], { env: environment, stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/** Makes the namespaces of so many machines, each with a cable to one bridge, behind which is this process. */
export async function makeNamespaces(count: number): Promise<void> {
  await removeLeftovers();
  await ip(`link add ${BRIDGE} type bridge`);
  await ip(`link set ${BRIDGE} up`);
  await ip(`address add ${GATEWAY}/24 dev ${BRIDGE}`);
  await ip(`route add local ${siteAddress(0)}/24 dev ${BRIDGE}`);
  for (let number = 1; number <= count; number++) {
    const name = nameOf(number);
    await ip(`netns add ${name}`);
    await ip(`link add ${name} type veth peer name eth0 netns ${name}`);
    await ip(`link set ${name} master ${BRIDGE} up`);
    await ip(`-n ${name} address add ${machineAddress(number)}/24 dev eth0`);
    await ip(`-n ${name} link set lo up`);
    await ip(`-n ${name} link set eth0 up`);
    await ip(`-n ${name} route add default via ${GATEWAY}`);
  }
}

/** Removes all that `makeNamespaces` has made, however far it came, with all processes in it. */
export async function removeNamespaces(): Promise<void> {
  await removeAll(PREFIX);
}

/** Starts a program in a machine; what it says comes on standard error. */
export function spawnIn(number: number, command: readonly string[]): ChildProcessByStdio<null, null, Readable> {
  const args = ['netns', 'exec', nameOf(number), ...command];
  return spawn('ip', args, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Pulls a machine's cable out at the bridge: neither side is told, packets are lost. Nothing else happens meanwhile. */
export function unplug(number: number): void {
  execFileSync('ip', ['link', 'set', nameOf(number), 'down'], { env: environment });
}

export async function plugIn(number: number): Promise<void> {
  await ip(`link set ${nameOf(number)} up`);
}

/** The command lines of what runs in a machine. */
export async function processesIn(number: number): Promise<string[]> {
  return (await pidsIn(nameOf(number))).flatMap(commandLine);
}

function nameOf(number: number): string {
  return `${PREFIX}${number}`;
}

/** What runs that were killed have left: it would be there for ever. */
async function removeLeftovers(): Promise<void> {
  const owners = [...(await namespaces()), ...(await links())].map((name) => Number(NAME.exec(name)?.[1]));
  for (const pid of new Set(owners)) {
    if (pid === process.pid || (!Number.isNaN(pid) && !isAlive(pid))) await removeAll(prefixOf(pid));
  }
}

async function removeAll(prefix: string): Promise<void> {
  // The cables first: nobody comes in any more.
  for (const name of await links()) if (name.startsWith(prefix)) await ip(`link delete ${name}`);
  for (const name of await namespaces()) {
    if (!name.startsWith(prefix)) continue;
    await killAll(name);
    await ip(`netns delete ${name}`);
  }
}

async function killAll(namespace: string): Promise<void> {
  const deadline = performance.now() + KILL_TIMEOUT;
  for (;;) {
    // Again and again: one of them may just have started another.
    const pids = await pidsIn(namespace);
    if (pids.length === 0) return;
    if (performance.now() > deadline) throw new Error(`${namespace} has processes that do not die: ${pids.join(', ')}`);
    for (const pid of pids) signal(pid, 'SIGKILL');
  }
}

function isAlive(pid: number): boolean {
  return signal(pid, 0);
}

/** Whether there was such a process. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** None if it has just ended. */
function commandLine(pid: number): string[] {
  try {
    return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()];
  } catch {
    return [];
  }
}

async function pidsIn(namespace: string): Promise<number[]> {
  return lines(await ip(`netns pids ${namespace}`)).map(Number);
}

async function namespaces(): Promise<string[]> {
  // Behind a name there may be its number.
  return lines(await ip('netns list')).map((line) => line.split(' ')[0] ?? '');
}

async function links(): Promise<string[]> {
  const found = JSON.parse(await ip('-json link show')) as readonly { readonly ifname: string }[];
  return found.map(({ ifname }) => ifname);
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

async function ip(words: string): Promise<string> {
  return run('ip', words.split(' '));
}
