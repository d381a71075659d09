import { BlockList, isIP, isIPv4 } from 'node:net';
import { OptionError } from '../option-error.js';
import type { Settings } from '../options.js';
import { FetchFailure } from './errors.js';
import type { AddressesCallback, Names } from './names.js';
import { type Endpoint, hostPort } from './routes.js';

/** Addresses that stand for a look-up, by `host:port`, or `*:port` for any host. */
export type ResolveTable = ReadonlyMap<string, readonly string[]>;

/**
 * Finds the addresses of a host, in the order in which to try them.
 *
 * @param callback called with them; or with a `FetchFailure` (`blocked` or `dns`) or an error of `getaddrinfo`. It may
 *   be called at once.
 */
export function findAddresses(
  endpoint: Endpoint,
  { resolve, publicOnly }: Settings,
  names: Names,
  callback: AddressesCallback,
): void {
  const { host, port } = endpoint;
  const judge: AddressesCallback = (error, found) => {
    if (error !== null) callback(error, []);
    else if (found.length === 0) callback(new FetchFailure('dns', null, `host without an address: ${host}`), []);
    else if (publicOnly) judgePublic(host, found, callback);
    else callback(null, found);
  };
  const given = resolve.size === 0 ? undefined : (resolve.get(hostPort(endpoint)) ?? resolve.get(`*:${port}`));
  if (given !== undefined) judge(null, given);
  else if (isIP(host) === 0) names.find(host, judge);
  else judge(null, [host]);
}

function judgePublic(host: string, found: readonly string[], callback: AddressesCallback): void {
  const allowed = found.filter(isPublic);
  if (allowed.length > 0) {
    callback(null, allowed);
    return;
  }
  const [address = ''] = found;
  const of = address === host ? '' : ` (${host})`;
  callback(new FetchFailure('blocked', null, `not a public address: ${address}${of}`), []);
}

/** Of IPv4 (IANA's registry of special-purpose addresses; multicast and beyond). */
const SPECIAL_V4: readonly string[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];

/** The only part of IPv6 that is given out (RFC 4291, section 2.4): NAT64, mapped, local and multicast lie outside. */
const GLOBAL_V6 = '2000::/3';

/** What in that part is not public: protocol assignments (Teredo), documentation, 6to4. */
const SPECIAL_V6: readonly string[] = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const special: BlockList = listOf([...SPECIAL_V4, ...SPECIAL_V6]);
const globalUnicast: BlockList = listOf([GLOBAL_V6]);

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** Whether anyone on the internet would reach the same by this address. */
export function isPublic(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, 'ipv4');
  // A zone is a link's: public addresses have none.
  if (address.includes('%') || isIP(address) !== 6) return false;
  return globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6');
}

/**
 * Reads the option `resolve`: `host:port:address`, as curl has it: several addresses with commas, IPv6 in brackets or
 * not, `*` for any host; of two for the same host and port the later holds.
 *
 * @throws {OptionError}
 */
export function readResolveTable(entries: readonly string[] = []): ResolveTable {
  const table = new Map<string, readonly string[]>();
  if (!Array.isArray(entries)) throw new OptionError('resolve', 'a list of "host:port:address"', entries);
  for (const entry of entries) {
    if (typeof entry !== 'string') throw new OptionError('resolve', '"host:port:address"', entry);
    const [, host = '', port = '', list = ''] = /^\+?(\*|\[[^\]]+\]|[^:[\]]+):(\d{1,5}):(.+)$/.exec(entry) ?? [];
    const addresses = list.split(',').map((address) => address.trim().replace(/^\[(.*)\]$/, '$1'));
    const key = host === '*' ? '*' : canonicalHost(host);
    if (key === '' || Number(port) > 65_535 || addresses.some((address) => isIP(address) === 0)) {
      throw new OptionError('resolve', '"host:port:address"', entry);
    }
    table.set(`${key}:${Number(port)}`, addresses);
  }
  return table;
}

/** A host as URLs have it; empty if it cannot be one. */
function canonicalHost(host: string): string {
  const url = `http://${host}/`;
  return !/[/\\@?#]/.test(host) && URL.canParse(url) ? new URL(url).hostname : '';
}
