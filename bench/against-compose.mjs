// `niyanta apply` of 40 replicas on one lab host against `docker-compose up` of the same 40, the same image, with Debian's
// dockerd on a lab host: `node scripts/node24.mjs bench/against-compose.mjs [--replicas 40] [--rounds 3] [--json]`.
import {parseArgs} from 'node:util';
import {compose, dockerPackages, startDocker} from './docker-host.mjs';
import {inTurns, print, row} from './result.mjs';
import {onStage, stackOf} from './stage.mjs';

const {values} = parseArgs({
  options: {
    replicas: {type: 'string', default: '40'},
    rounds: {type: 'string', default: '3'},
    json: {type: 'boolean', default: false},
  },
});
const replicas = Number(values.replicas);

await onStage({extra: dockerPackages}, async stage => {
  await startDocker(stage, 'h1');
  // Once beforehand on both sides: images, niyanta's scripts, Python's compiled modules.
  await stage.write('stack.yaml', stackOf({web: 1}));
  await stage.niyanta('apply', '--yes');
  await stage.sh('h1', `${compose('up -d')}; docker-compose down`);
  const apply = async () => {
    await stage.write('stack.yaml', stackOf({web: 1 + replicas}));
    const seconds = await stage.niyanta('apply', '--yes');
    await stage.write('stack.yaml', stackOf({web: 1}));
    await stage.niyanta('apply', '--yes');
    return seconds;
  };
  const up = async () => {
    const seconds = await stage.secondsOf('h1', compose(`up -d --scale web=${replicas}`));
    await stage.sh('h1', compose('down'));
    return seconds;
  };
  const {ours, peer} = await inTurns(Number(values.rounds), apply, up);
  print(
    row({
      name: 'against-compose',
      work: `apply ${replicas} replicas with network on one lab host`,
      against: `docker-compose up -d --scale web=${replicas}, dockerd on a lab host`,
      unit: 's',
      ours,
      peer,
      aim: {faster: 3},
    }),
  );
});
