import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';

const lab = sharedLab({hosts: 2});

const stack = `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web: {archive: ./web.tar, replicas: 4, placement: {spread: host}, stop: {grace: 0s}}
`;

/** Lines of each log, and their length: 60 MB a container, 240 MB in all. */
const [lines, length] = [300_000, 200];

let project: TestProject;
beforeAll(async () => {
  project = await lab().project(stack, {'web.tar': await busyboxArchive()});
  const applied = await project.niyanta(['apply', '--yes']);
  expect(applied.code, applied.stderr).toBe(0);
  // As the logger writes them, turned over once. A microsecond between the lines of one log, some of them in parts.
  const write = String.raw`my ($file) = @ARGV;
for my $turn (1, 0) {
  open my $out, ">", $turn ? "$file.1" : $file or die;
  for my $n ((1 - $turn) * ${lines / 2} .. (2 - $turn) * ${lines / 2} - 1) {
    printf $out "2026-01-01T00:%02d:%02d.%06dZ stdout %s %06d%s\n", $n / 60000, $n / 1000 % 60, $n % 1000 * 1000, $n % 10 == 3 ? "P" : "F", $n, "x" x ${length - 50};
  }
}`;
  for (const host of ['h1', 'h2']) {
    await lab().sh(
      host,
      `for id in $(ctr -n niyanta containers ls -q); do perl -e '${write}' /var/lib/niyanta/logs/$id.log; done`,
    );
  }
  await writeFile(
    join(project.directory, 'peak.mjs'),
    "import {writeSync} from 'node:fs'; process.on('exit', () => writeSync(2, `peak ${process.resourceUsage().maxRSS}\\n`));",
  );
});

// Lines as strings and records are several times what they are as bytes; most of what is measured is garbage of Node's.
test('240 MB of logs come whole and in order of time, and never stand in memory together', async () => {
  const {code, stdout, stderr} = await project.niyanta(['logs'], {
    env: {NODE_OPTIONS: `--import=${join(project.directory, 'peak.mjs')}`},
  });
  expect(code, stderr).toBe(0);
  const numbers = [...stdout.matchAll(/(\d{6})x/g)].map(([, number]) => Number(number));
  expect(numbers).toHaveLength(4 * lines);
  expect(numbers.every((number, i) => i === 0 || number >= numbers[i - 1]! - 1)).toBe(true);
  expect(Number(/peak (\d+)/.exec(stderr)?.[1]) / 1024).toBeLessThan(500);
});
