import {spawn} from 'node:child_process';
import {describe, expect, test} from 'vitest';
import {root} from './run-niyanta.ts';

/** Starts the demo and sends one signal for each line that it prints, as long as there are any. */
function interrupted(signals: NodeJS.Signals[], ...args: string[]): Promise<{code: number | null; stdout: string}> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [`${root}test/commands/interrupt-demo.ts`, ...args]);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', chunk => {
      stdout += chunk;
      const signal = signals.shift();
      if (signal) child.kill(signal);
    });
    child.on('close', code => resolve({code, stdout}));
  });
}

describe('Ctrl-C', {timeout: 60_000}, () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s once ends cleanly, with 130', async signal => {
    expect(await interrupted([signal])).toEqual({code: 130, stdout: 'working\ncleaning up\n'});
  });

  test('twice ends at once', async () => {
    expect((await interrupted(['SIGINT', 'SIGINT'], '--hang')).code).toBe(130);
    expect((await interrupted(['SIGINT', 'SIGTERM'], '--hang')).code).toBe(143);
  });
});
