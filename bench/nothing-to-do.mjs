// An apply that changes nothing, 3 hosts with 100 containers over SSH, whole process, against a `docker-compose up` that
// changes nothing, 40 containers, on one lab host:
// `node scripts/node24.mjs bench/nothing-to-do.mjs [--rounds 9] [--json]`.
import {parseArgs} from 'node:util';
import {compose, dockerPackages, startDocker} from './docker-host.mjs';
import {inTurns, print, row} from './result.mjs';
import {onStage, stackOf} from './stage.mjs';

const {values} = parseArgs({
  options: {rounds: {type: 'string', default: '9'}, json: {type: 'boolean', default: false}},
});

await onStage({hosts: 3}, stage =>
  onStage({extra: dockerPackages}, async docker => {
    await startDocker(docker, 'h1');
    await docker.sh('h1', compose('up -d --scale web=40'));
    await stage.write('stack.yaml', stackOf({a: 25, b: 25, c: 25, d: 25}));
    await stage.niyanta('apply', '--yes');
    await stage.niyanta('apply', '--yes');
    const {ours, peer} = await inTurns(
      Number(values.rounds),
      () => stage.niyanta('apply', '--yes'),
      () => docker.secondsOf('h1', compose('up -d --scale web=40')),
    );
    print(
      row({
        name: 'nothing-to-do',
        work: 'an apply that changes nothing, 3 hosts, 100 containers, whole process',
        against: 'docker-compose up that changes nothing, 40 containers',
        unit: 's',
        ours,
        peer,
        aim: {atMost: 0.7},
      }),
    );
  }),
);
