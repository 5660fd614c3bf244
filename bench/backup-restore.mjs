// A backup of a PostgreSQL volume, tried out: `niyanta volume backup` (compressed, encrypted, restored into a throw-away
// container, queried), against pg_dump piped by hand: through ssh and zstd into a file, the file through ssh into psql in a
// fresh container, and the same query. `node scripts/node24.mjs bench/backup-restore.mjs [--megabytes 1024] [--rounds 3] [--json]`.

import {randomBytes} from 'node:crypto';
import {copyFile} from 'node:fs/promises';
import {join} from 'node:path';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {generateIdentity, identityToRecipient} from 'age-encryption';
import {postgresArchive} from '../test/lab/harness/debian-postgres.ts';
import {inTurns, print, row} from './result.mjs';
import {onStage} from './stage.mjs';

const {values} = parseArgs({
  options: {
    megabytes: {type: 'string', default: '1024'},
    rounds: {type: 'string', default: '3'},
    json: {type: 'boolean', default: false},
  },
});
/** What a row takes in the volume, its index too: measured. */
const rows = Math.round((Number(values.megabytes) * 1024 * 1024) / 123);
const query = 'select count(*) from t';

await onStage({hosts: 1}, async stage => {
  const identity = await generateIdentity();
  await copyFile(await postgresArchive(15), join(stage.folder, 'postgres.tar'));
  await stage.write(
    'stack.yaml',
    `apiVersion: niyanta/v1
kind: Stack
name: bench
services:
  db:
    archive: ./postgres.tar
    env: {POSTGRES_USER: app, POSTGRES_PASSWORD: ${randomBytes(8).toString('hex')}}
    volumes: ["data:/var/lib/postgresql/data"]
    health: {exec: [pg_isready, --quiet, --host=127.0.0.1], interval: 300ms, startPeriod: 30s}
volumes:
  data:
    backup:
      to: ./backups
      before: pg_dump
      keep: 1
      encrypt: {recipients: [${await identityToRecipient(identity)}], identity: "\${secret:identity}"}
      verify: {query: ${query}}
`,
  );
  const env = {NIYANTA_SECRET_IDENTITY: identity};
  await stage.niyantaWith(env, 'apply', '--yes');
  const db = await stage.sh('h1', 'ctr -n niyanta tasks ls -q');
  const inDb = sql => stage.sh('h1', `ctr -n niyanta tasks exec --exec-id q$$ ${db} psql -U app -Atqc "${sql}"`);
  await inDb(
    `create table t as select g as id, md5(g::text) as a, md5((g * 7)::text) as b from generate_series(1, ${rows}) g`,
  );
  await inDb('alter table t add primary key (id)');
  await inDb('checkpoint');
  const megabytes = Number(await inDb("select pg_database_size('app') / 1024 / 1024"));

  const {address} = stage.lab.hosts[0];
  const ssh = `ssh -q -i ${stage.lab.identityFile} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@${address}`;
  const image = await stage.sh('h1', 'ctr -n niyanta images ls -q | head -n 1');
  // What a careful person would type: a fresh container with a folder of its own for the data, gone afterwards.
  const byHand = `set -e
cd ${stage.folder}
${ssh} ctr -n niyanta tasks exec --exec-id dump${'$$'} ${db} pg_dump -U app app | zstd -q -f -o dump.zst
${ssh} 'mkdir /root/byhand && ctr -n niyanta run -d --env POSTGRES_USER=app --env POSTGRES_PASSWORD=x --mount type=bind,src=/root/byhand,dst=/var/lib/postgresql/data,options=rbind:rw ${image} byhand >/dev/null 2>&1
until ctr -n niyanta tasks exec --exec-id ready byhand pg_isready -q -h 127.0.0.1 2>/dev/null; do sleep 0.3; done'
zstd -q -d -c dump.zst | ${ssh} ctr -n niyanta tasks exec --exec-id load byhand psql -U app -q -v ON_ERROR_STOP=1 >/dev/null
${ssh} 'ctr -n niyanta tasks exec --exec-id query byhand psql -U app -Atc "${query}"' | grep -qx ${rows}
${ssh} 'ctr -n niyanta tasks rm -f byhand >/dev/null; ctr -n niyanta containers rm byhand; rm -rf /root/byhand'
rm dump.zst`;
  const taken = await inTurns(
    Number(values.rounds),
    () => stage.niyantaWith(env, 'volume', 'backup'),
    () => stage.run(['sh', '-c', byHand], {HOME: stage.folder, PATH: process.env.PATH}),
  );
  print(
    row({
      name: 'backup-restore',
      work: `backup and verified restore of a PostgreSQL volume of ${megabytes} MB`,
      against: 'pg_dump piped by hand through ssh and zstd, and into psql of a fresh container; not encrypted',
      unit: 's',
      ...taken,
      aim: {atMost: 1.2},
      also: {megabytes},
    }),
  );
});
