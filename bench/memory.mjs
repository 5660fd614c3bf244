// The most memory that `niyanta apply` has while it starts 100 containers on 3 hosts and brings them their image:
// `node scripts/node24.mjs bench/memory.mjs [--rounds 2] [--json]`.
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {print, single} from './result.mjs';
import {onStage, stackOf} from './stage.mjs';

const {values} = parseArgs({
  options: {rounds: {type: 'string', default: '2'}, json: {type: 'boolean', default: false}},
});

// Told by the process itself as its last act: the kernel's count of the most pages that it had.
const hook = `import {writeFileSync} from 'node:fs';
process.on('exit', () => writeFileSync(process.env.NIYANTA_BENCH_PEAK, String(process.resourceUsage().maxRSS)));
`;

const peaks = [];
for (let round = 0; round < Number(values.rounds); round++) {
  await onStage({hosts: 3}, async stage => {
    await stage.write('stack.yaml', stackOf({a: 25, b: 25, c: 25, d: 25}));
    await stage.write('peak.mjs', hook);
    const file = join(stage.folder, 'peak');
    await stage.niyantaWith(
      {NODE_OPTIONS: `--import=${join(stage.folder, 'peak.mjs')}`, NIYANTA_BENCH_PEAK: file},
      'apply',
      '--yes',
    );
    peaks.push(Number(await readFile(file, 'utf8')) / 1024);
  });
}
print(
  single({
    name: 'memory',
    work: 'peak memory of an apply over 3 hosts, 100 containers and their image',
    against: '200 MB',
    unit: 'MB',
    ours: peaks,
    most: 200,
  }),
);
