import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {render} from '../../../src/engine/hosts/command.ts';
import {ageOf, bytesOf} from '../../../src/engine/runtime/house/containerd-words.ts';
import {storedBytes, volumeSizes} from '../../../src/engine/runtime/house/measure.ts';
import {removeFence, removeImages} from '../../../src/engine/runtime/house/removals.ts';
import {parseHouse} from '../../../src/engine/runtime/house/survey.ts';

const digest = `sha256:${'6'.repeat(64)}`;
const content = (age: string) => `DIGEST\t\t\tSIZE\tAGE\t\tLABELS
${digest}\t550B\t${age}\tcontainerd.io/gc.ref.content.config=sha256:d65
sha256:${'7'.repeat(64)}\t2.026MB\t2 days\tcontainerd.io/uncompressed=sha256:c10
`;
const answer = (containers: string, rest = '@@niyanta-house end\n') => `@@niyanta-house copies
{"version":1}

@@niyanta-house fences
test.default 1795274791337
torn
@@niyanta-house volumes
empty test.shop.default/data
full test.shop.gone/rows
@@niyanta-house aside
90 test.shop.default.data.old-0a1b2c
7200 test.shop.default.data.new
-3 test.shop.gone.rows.verify-9
604800 test.shop.gone.rows.empty
12 mine
12 test.shop.default.data.other
@@niyanta-house networks
ny47822c36 1521
@@niyanta-house images
REF   TYPE   DIGEST   SIZE    PLATFORMS   LABELS
niyanta.local/test/web:60e7 application/vnd.oci.image.manifest.v1+json ${digest} 1.9 MiB linux/amd64 -
docker.io/library/gone:1 application/vnd.oci.image.index.v1+json sha256:${'8'.repeat(64)} 0.0 B - -
@@niyanta-house content
${content('25 minutes')}@@niyanta-house containers
${containers}@@niyanta-house snapshots
KEY
sha256:c10d9fbb
shop-default-web-1-1a6389
${rest}`;
const listed = `CONTAINER    IMAGE    RUNTIME
shop-default-web-1-1a6389    niyanta.local/test/web:60e7    io.containerd.runc.v2
bare    -    io.containerd.runc.v2
whole
`;

test('the answer of a host is read', () => {
  expect(parseHouse('h1', answer(listed))).toEqual({
    host: 'h1',
    copies: ['{"version":1}'],
    fences: [{scope: 'test.default', number: 1795274791337}],
    volumes: [
      {folder: 'test.shop.default/data', empty: true},
      {folder: 'test.shop.gone/rows', empty: false},
    ],
    // What niyanta did not make is not told; a clock that was put back makes nothing older.
    aside: [
      {
        folder: '.aside/test.shop.default.data.old-0a1b2c',
        volume: 'test.shop.default/data',
        what: 'replaced',
        ageMs: 90_000,
      },
      {
        folder: '.aside/test.shop.default.data.new',
        volume: 'test.shop.default/data',
        what: 'arriving',
        ageMs: 7_200_000,
      },
      {folder: '.aside/test.shop.gone.rows.verify-9', volume: 'test.shop.gone/rows', what: 'trial', ageMs: 0},
      {folder: '.aside/test.shop.gone.rows.empty', volume: 'test.shop.gone/rows', what: 'replaced', ageMs: 604_800_000},
    ],
    images: [
      {name: 'niyanta.local/test/web:60e7', digest, bytes: 1992294, ageMs: 25 * 60_000},
      {name: 'docker.io/library/gone:1', digest: `sha256:${'8'.repeat(64)}`, bytes: 0},
    ],
    made: [
      {id: 'shop-default-web-1-1a6389', image: 'niyanta.local/test/web:60e7'},
      {id: 'bare', image: '-'},
    ],
    networkAges: new Map([['ny47822c36', 1_521_000]]),
    snapshots: ['shop-default-web-1-1a6389'],
  });
});

test.each([
  ['that was cut', answer(listed, '')],
  ['without the list of containers', answer('')],
  ['whose list of containers was cut', answer(listed.replace('whole\n', ''))],
])('an answer %s is none', (_, text) => {
  expect(parseHouse('h1', text)).toBeUndefined();
});

test.each([
  ['1.9 MiB', 1992294],
  ['2.048kB', 2048],
  ['550B', 550],
  ['0.0 B', 0],
  ['1.5 GiB', 1610612736],
  ['12MB', 12_000_000],
  ['-', 0],
  ['', 0],
])('containerd writes sizes: %s', (text, bytes) => expect(bytesOf(text)).toBe(bytes));

test.each([
  ['Less than a second', 0],
  ['1 second', 1000],
  ['4 seconds', 4000],
  ['About a minute', 60_000],
  ['25 minutes', 1_500_000],
  ['About an hour', 3_600_000],
  ['47 hours', 169_200_000],
  ['13 days', 1_123_200_000],
  ['3 weeks', 1_814_400_000],
  ['5 months', 12_960_000_000],
  ['2 years', 63_072_000_000],
  ['soon', undefined],
  ['', undefined],
])('and ages: %s', (text, ms) => expect(ageOf(text)).toBe(ms));

test('what images take is content and what was unpacked of it, not what containers wrote', () => {
  const usage = `KEY SIZE INODES\nsha256:c10d 1992294 83\nshop-default-web-1-1a6389 16384 7\n`;
  expect(storedBytes.parse(`${content('1 day')}snapshots\n${usage}`)).toBe(550 + 2_026_000 + 1_992_294);
});

test('sizes of volumes are asked for by name, whatever the name', () => {
  expect(render(volumeSizes(["a.b.c/o'clock"]).command)).toContain(`'a.b.c/o'\\''clock'`);
  expect(volumeSizes([]).parse('4096\ttest.shop.gone/rows\ndu: nonsense\n')).toEqual(
    new Map([['test.shop.gone/rows', 4096]]),
  );
});

test('an image that a container was made of meanwhile is not removed; one that fails does not hold up the others', () => {
  const folder = mkdtempSync(join(tmpdir(), 'niyanta-house-'));
  const log = join(folder, 'log');
  writeFileSync(
    join(folder, 'ctr'),
    `#!/bin/sh
case "$*" in
  *containers*) printf 'CONTAINER IMAGE RUNTIME\\nx used:1 runc\\n' ;;
  *broken*) exit 1 ;;
  *) echo "$*" >>${log} ;;
esac
`,
    {mode: 0o755},
  );
  const {text} = removeImages(['used:1', 'broken:1', 'used:10', `it's:1`]);
  const env = {...process.env, PATH: `${folder}:${process.env.PATH}`};
  const done = spawnSync('sh', {input: text, env});
  expect(done.status).toBe(1);
  expect(readFileSync(log, 'utf8')).toBe(
    `--namespace niyanta images rm --sync used:10\n--namespace niyanta images rm --sync it's:1\n`,
  );
  rmSync(folder, {recursive: true});
});

test('the number of a lease goes with its lock, and nothing by another name', () => {
  expect(removeFence('test.gone').text).toBe(
    'set -eu\nrm -f /var/lib/niyanta/fences/test.gone /var/lib/niyanta/fences/test.gone.new /var/lib/niyanta/fences/test.gone.lock /var/lib/niyanta/fences/test.gone.served\n',
  );
  for (const name of ['', '../x', 'a/b', 'a b', '..', '*']) expect(() => removeFence(name)).toThrow(RangeError);
});
