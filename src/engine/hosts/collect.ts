import {buffer} from 'node:stream/consumers';
import type {RawProcess} from './transport.ts';

/** Everything a process printed, and its exit code. */
export async function collect(
  process: Pick<RawProcess, 'stdout' | 'stderr' | 'exit'>,
): Promise<{readonly code: number; readonly stdout: Buffer; readonly stderr: Buffer}> {
  const [stdout, stderr, {code}] = await Promise.all([buffer(process.stdout), buffer(process.stderr), process.exit]);
  return {code, stdout, stderr};
}
