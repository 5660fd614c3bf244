// What goes over the wire when an image comes a second time with one small layer changed, to 3 hosts: all bytes that the
// hosts' network devices receive during the whole apply, containers made anew included, against the layer's size.
// `node scripts/node24.mjs bench/changed-layer.mjs [--kilobytes 1024] [--json]`.

import {execFileSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {busyboxArchive} from '../test/lab/harness/busybox-archive.ts';
import {print, single} from './result.mjs';
import {onStage, stackOf} from './stage.mjs';

const {values} = parseArgs({
  options: {kilobytes: {type: 'string', default: '1024'}, json: {type: 'boolean', default: false}},
});
const bytes = Number(values.kilobytes) * 1024;
const spare = 16 * 1024;

await onStage({hosts: 3}, async stage => {
  const {hosts} = stage.lab;
  await stage.write('stack.yaml', stackOf({web: hosts.length}));
  await stage.niyanta('apply', '--yes');
  const received = () =>
    Promise.all(
      hosts.map(async ({name}) => Number(await stage.sh(name, 'cat /sys/class/net/eth0/statistics/rx_bytes'))),
    );
  const content = randomBytes((bytes * 3) / 4).toString('base64');
  await stage.write('web.tar', await busyboxArchive({files: {'/www/new': content}}));
  const layer = changedLayer(stage.folder);
  const before = await received();
  await stage.niyanta('apply', '--yes');
  const after = await received();
  const sent = after.map((count, i) => count - before[i]);
  const most = layer * 1.02 + spare;
  print(
    single({
      name: 'changed-layer',
      work: 'a second image with one small changed layer, to 3 hosts: bytes a host, whole apply',
      against: `the changed layer (${layer} bytes) + 2 % + 16 KB`,
      unit: 'bytes',
      ours: sent,
      most,
      also: {layer, beyondLayer: sent.map(each => each - layer)},
    }),
  );
});

/** Bytes of the archive's last layer, as its manifest says. */
function changedLayer(folder) {
  const read = path => JSON.parse(execFileSync('tar', ['-xOf', join(folder, 'web.tar'), path]));
  const manifest = read(`blobs/sha256/${read('index.json').manifests[0].digest.slice(7)}`);
  return manifest.layers.at(-1).size;
}
