import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { SecureContext } from 'node:tls';
import { OptionError } from '../option-error.js';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * What trusts the roots in a PEM file besides the built-in ones (`ca` alone would replace those): one context for all
 * connections, because making it takes 20 ms.
 *
 * @throws {OptionError} for a file without a certificate, or with one that is damaged
 */
export function trustRoots(file: string): SecureContext {
  try {
    const certificates = readFileSync(file, 'latin1').match(CERTIFICATE) ?? [];
    if (certificates.length === 0) throw new Error('no PEM certificate in it');
    // Loaded only when they are needed: they would double what `--version` costs.
    const require = createRequire(import.meta.url);
    const { X509Certificate } = require('node:crypto') as typeof import('node:crypto');
    const tls = require('node:tls') as typeof import('node:tls') & { getCACertificates?: () => string[] };
    // A context passes over what is no certificate without a word; this throws.
    for (const certificate of certificates) new X509Certificate(certificate);
    // Node 22.15 knows those of NODE_EXTRA_CA_CERTS too.
    const roots = tls.getCACertificates?.() ?? tls.rootCertificates;
    return tls.createSecureContext({ ca: [...roots, ...certificates] });
  } catch (error) {
    throw new OptionError('cacert', `a file of certificates (${(error as Error).message})`, file);
  }
}
