// What niyanta adds to containerd: `niyanta apply` of 40 replicas with networks, names and logs on one lab host, against
// bare `ctr run` of as many, four at once, without any network. Needs Linux and root:
// `node scripts/node24.mjs bench/apply-replicas.mjs [--replicas 40] [--rounds 3] [--json]`.
import {parseArgs} from 'node:util';
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

await onStage({}, async stage => {
  // The image and niyanta's scripts come with the first replica, so that both sides find them there.
  await stage.write('stack.yaml', stackOf({web: 1}));
  await stage.niyanta('apply', '--yes');
  const image = await stage.sh('h1', "ctr -n niyanta images ls -q | grep -v '@' | head -n 1");
  const bare = async () => {
    const seconds = await stage.secondsOf(
      'h1',
      `seq ${replicas} | xargs -P 4 -I N ctr -n niyanta run --detach --null-io ${image} bare-N`,
    );
    await stage.sh(
      'h1',
      `for i in $(seq ${replicas}); do ctr -n niyanta tasks rm --force bare-$i; ctr -n niyanta containers rm bare-$i; done`,
    );
    return seconds;
  };
  const apply = async () => {
    await stage.write('stack.yaml', stackOf({web: 1 + replicas}));
    const seconds = await stage.niyanta('apply', '--yes');
    await stage.write('stack.yaml', stackOf({web: 1}));
    await stage.niyanta('apply', '--yes');
    return seconds;
  };
  const {ours, peer} = await inTurns(Number(values.rounds), apply, bare);
  print(
    row({
      name: 'apply-replicas',
      work: `apply ${replicas} replicas with network on one lab host`,
      against: `bare ctr run of the same ${replicas}, 4 at once, no network`,
      unit: 's',
      ours,
      peer,
      aim: {atMost: 1.5},
    }),
  );
});
