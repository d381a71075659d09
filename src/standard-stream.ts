import { fstatSync, type Stats } from 'node:fs';

/** What a standard stream leads to; `null` where the system does not tell, as Windows may not of consoles and pipes. */
export function statStandardStream(fd: number): Stats | null {
  try {
    return fstatSync(fd);
  } catch {
    return null;
  }
}
