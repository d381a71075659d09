import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { BIN } from './cli.js';

/** Whether there is one. */
export const hasTmux: boolean = spawnSync('tmux', ['-V']).status === 0;

/** How long a screen may take to show what is awaited, in milliseconds. */
const DEADLINE = 15_000;

const exec = promisify(execFile);

/** A terminal with a shell command running in it. */
export interface Terminal {
  /** The lines that it shows, and those that have left it at its top; `-e` shows colours. */
  lines(...options: string[]): Promise<string[]>;
  /** The same as they were written: what was too long for the terminal's width is one line again. */
  written(): Promise<string[]>;
  /** Resolves to the lines once they are what is awaited. */
  until(condition: (lines: readonly string[]) => boolean): Promise<string[]>;
  resize(columns: number): Promise<void>;
  /** Types keys, by tmux's names. */
  type(...keys: string[]): Promise<void>;
}

/**
 * A terminal of tmux's in which `command` runs, `fetch-lengths` being the built one; behind its end comes a line
 * `status <n>`.
 */
export async function terminal(
  columns: number,
  command: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<Terminal> {
  const socket = `fetch-lengths-${randomUUID()}`;
  const { CI: _ci, NO_COLOR: _no, FORCE_COLOR: _force, TMUX: _tmux, ...rest } = process.env;
  const env = { ...rest, LC_ALL: 'C.UTF-8', ...environment };
  const tmux = async (...argv: string[]): Promise<string> =>
    (await exec('tmux', ['-u', '-L', socket, '-f', '/dev/null', ...argv], { env })).stdout;
  onTestFinished(async () => void (await tmux('kill-server').catch(() => {})));
  // The shell outlives the interrupts of what runs in it.
  const script = `trap : INT; fetch-lengths() { "${process.execPath}" "${BIN}" "$@"; }; ${command}; echo "status $?"; exec cat`;
  // By its name: else it is the user's own shell, which may take no such script.
  await tmux('new-session', '-d', '-x', String(columns), '-y', '24', 'bash', '-c', script);

  const capture = async (...options: string[]): Promise<string[]> =>
    (await tmux('capture-pane', '-p', '-S', '-', ...options))
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd());
  return {
    lines: capture,
    written: () => capture('-J'),
    until: async (condition) => {
      const deadline = performance.now() + DEADLINE;
      while (true) {
        const lines = await capture();
        if (condition(lines)) return lines;
        if (performance.now() > deadline) throw new Error(`the screen stays\n${lines.join('\n')}`);
      }
    },
    resize: async (width) => void (await tmux('resize-window', '-x', String(width), '-y', '24')),
    type: async (...keys) => void (await tmux('send-keys', ...keys)),
  };
}
