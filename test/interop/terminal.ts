import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Types keys into a program at a terminal of its own, once it shows its prompt, and waits for its end; gives what the
 * terminal showed.
 */
export async function typeInto(
  command: string,
  { prompt, keys, cwd, env }: { prompt: string; keys: string; cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { cwd, env });
  const exit = once(child, 'close');
  let shown = '';
  let typed = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    if (typed || !shown.includes(prompt)) return;
    typed = true;
    child.stdin.write(keys);
  });
  await exit;
  return shown;
}
