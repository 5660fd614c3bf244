// What goes over the wire when an image comes a second time with one small layer changed, to 3 hosts: what the hosts'
// network devices receive during an apply that brings it, less what they receive during one that makes the same
// containers anew without it. SSH's, TCP's and IP's own bytes are in it.
// `node scripts/node24.mjs bench/changed-layer.mjs [--kilobytes 1024] [--rounds 1] [--json]`.

import {execFileSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {busyboxArchive} from '../test/lab/harness/busybox-archive.ts';
import {print, single} from './result.mjs';
import {onStage, stackOf} from './stage.mjs';

const {values} = parseArgs({
  options: {
    kilobytes: {type: 'string', default: '1024'},
    rounds: {type: 'string', default: '1'},
    json: {type: 'boolean', default: false},
  },
});
const bytes = Number(values.kilobytes) * 1024;

await onStage({hosts: 3}, async stage => {
  const {hosts} = stage.lab;
  const received = () =>
    Promise.all(
      hosts.map(async ({name}) => Number(await stage.sh(name, 'cat /sys/class/net/eth0/statistics/rx_bytes'))),
    );
  const bytesOfApply = async () => {
    const before = await received();
    await stage.niyanta('apply', '--yes');
    return (await received()).map((count, i) => count - before[i]);
  };
  const stack = stackOf({web: hosts.length});
  await stage.write('stack.yaml', stack);
  await stage.niyanta('apply', '--yes');
  const rounds = [];
  let layer = 0;
  for (let round = 0; round < Number(values.rounds); round++) {
    await stage.write('stack.yaml', stack.replace('{archive', `{env: {ROUND: "${round}"}, archive`));
    const without = await bytesOfApply();
    const content = randomBytes((bytes * 3) / 4).toString('base64');
    await stage.write('web.tar', await busyboxArchive({files: {'/www/new': content}}));
    layer = changedLayer(stage.folder);
    const whole = await bytesOfApply();
    rounds.push({whole, without, image: whole.map((count, i) => count - without[i])});
  }
  print(
    single({
      name: 'changed-layer',
      work: 'a second image with one small changed layer, to 3 hosts: bytes on the wire, a host',
      against: `the changed layer (${layer} bytes) + 2 % + 16 KB`,
      unit: 'bytes',
      ours: rounds.flatMap(({image}) => image),
      most: layer * 1.02 + 16 * 1024,
      also: {layer, wholeApply: rounds.flatMap(({whole}) => whole)},
    }),
  );
});

/** Bytes of the archive's last layer, as its manifest says. */
function changedLayer(folder) {
  const read = path => JSON.parse(execFileSync('tar', ['-xOf', join(folder, 'web.tar'), path]));
  const manifest = read(`blobs/sha256/${read('index.json').manifests[0].digest.slice(7)}`);
  return manifest.layers.at(-1).size;
}
