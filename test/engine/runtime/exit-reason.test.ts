import {expect, test} from 'vitest';
import {exitReason} from '../../../src/engine/runtime/exit-reason.ts';

test.each<[number | undefined, number, number | undefined, string]>([
  [0, 0, undefined, 'exit 0'],
  [1, 0, undefined, 'exit 1'],
  [126, 0, undefined, 'exit 126: the command cannot be executed'],
  [127, 0, undefined, 'exit 127: command not found'],
  [137, 0, 64 << 20, 'exit 137: killed by SIGKILL'],
  [137, 1, 64 << 20, 'ended by the kernel: out of memory, limit 64 MiB'],
  [137, 1, undefined, 'ended by the kernel: out of memory'],
  [undefined, 2, 1 << 30, 'ended by the kernel: out of memory, limit 1 GiB'],
  [139, 0, undefined, 'exit 139: killed by SIGSEGV'],
  [143, 0, undefined, 'exit 143: killed by SIGTERM'],
  [200, 0, undefined, 'exit 200'],
  [1, 3, 64 << 20, 'exit 1; the kernel killed 3 of its processes: out of memory, limit 64 MiB'],
  [undefined, 0, undefined, 'ended, its exit code is not known'],
])('exit code %s with %s processes killed for memory, limit %s: %s', (code, oomKills, limit, words) => {
  expect(exitReason({...(code !== undefined && {code}), oomKills}, limit)).toBe(words);
});
