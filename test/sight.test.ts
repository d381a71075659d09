import { describe, expect, test } from 'vitest';
import { Sight } from '../src/sight.js';

/** Sees so many URLs. */
function seen(...urls: readonly string[]): Sight {
  const sight = new Sight();
  for (const url of urls) sight.add(url);
  return sight;
}

/** So that it is known what follows. */
const OTHER = 'http://other.test/';

describe('in sight', () => {
  test('is an origin as long as one URL of it is', () => {
    const sight = seen(OTHER, 'http://a.test/1', 'http://a.test/2');
    expect(sight.has('http://a.test')).toBe(true);
    sight.remove('http://a.test/2');
    expect(sight.has('http://a.test')).toBe(true);
    sight.remove('http://a.test/1');
    expect(sight.has('http://a.test')).toBe(false);
    sight.add('http://a.test/3');
    expect(sight.has('http://a.test')).toBe(true);
  });

  test.each([
    'http://a.test',
    'http://a.test/',
    'http://a.test/path?query#fragment',
    'http://a.test?query',
    'http://a.test#fragment',
    'HTTP://A.TEST/',
    'hTtP://a.Test/x',
    'http://me@a.test/',
    'http://me:secret@a.test/',
    'HTTP://me:p@ss@A.test/a@b',
  ])('is the origin of %s', (url) => {
    const sight = seen(OTHER, url);
    expect(sight.has('http://a.test')).toBe(true);
    sight.remove(url);
    expect(sight.has('http://a.test')).toBe(false);
  });

  test.each([
    'https://a.test/',
    'http://a.test:8080/',
    'http://b.test/',
    'http://test/a.test',
    'http://b.test/@a.test',
    'http://b.test?@a.test',
    'http://b.test#@a.test',
    'http://a.test@b.test/',
  ])('is another origin with %s', (url) => {
    expect(seen(OTHER, url).has('http://a.test')).toBe(false);
  });

  test('are ports and the scheme told apart', () => {
    const sight = seen('https://A.test:8443/x');
    expect(sight.has('https://a.test:8443')).toBe(true);
    expect(sight.has('http://a.test:8443')).toBe(false);
    expect(sight.has('https://a.test')).toBe(false);
  });

  test('is everything while nothing is known of what follows', () => {
    const sight = new Sight();
    expect(sight.has('http://a.test')).toBe(true);
    sight.add(OTHER);
    expect(sight.has('http://a.test')).toBe(false);
    sight.remove(OTHER);
    expect(sight.has('http://a.test')).toBe(true);
  });

  test('is nothing once the list has ended and all have started', () => {
    const sight = seen('http://a.test/');
    sight.end();
    expect(sight.has('http://a.test')).toBe(true);
    expect(sight.more).toBe(true);
    sight.remove('http://a.test/');
    expect(sight.has('http://a.test')).toBe(false);
    expect(sight.more).toBe(false);
  });

  test('are a million URLs, and few origins by mistake', () => {
    const sight = new Sight();
    for (let i = 0; i < 1_000_000; i++) sight.add(`http://host-${i % 1000}.test/${i}`);
    for (let i = 0; i < 1000; i++) expect(sight.has(`http://host-${i}.test`)).toBe(true);
    // 1,000 of 65,536 buckets are taken.
    let mistaken = 0;
    for (let i = 1000; i < 11_000; i++) if (sight.has(`http://host-${i}.test`)) mistaken++;
    expect(mistaken).toBeLessThan(300);
    for (let i = 0; i < 1_000_000; i++) sight.remove(`http://host-${i % 1000}.test/${i}`);
    sight.add(OTHER);
    for (let i = 0; i < 1000; i++) expect(sight.has(`http://host-${i}.test`)).toBe(false);
  });

  test.each(['', 'h', 'https', 'http://', 'https://', '\ud800', 'x'.repeat(65_536)])(
    'is what is no URL nobody’s, but counted (%#)',
    (text) => {
      const sight = seen(text);
      expect(sight.has('http://a.test')).toBe(false);
      sight.remove(text);
      expect(sight.has('http://a.test')).toBe(true);
    },
  );
});
