import {randomUUID} from 'node:crypto';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {withAgent} from '../../../../src/engine/coordinator/agent/open-agent.ts';
import {silentLog} from '../../../../src/engine/coordinator/log.ts';
import {withHeaders} from '../../../../src/engine/coordinator/nats/broker.ts';
import {natsOptions} from '../../../../src/engine/coordinator/nats/nats-options.ts';
import {authority} from './harness/certificates.ts';
import {natsServer} from './harness/nats-server.ts';
import {brokerAt, natsStage} from './harness/nats-stage.ts';

const patient = {timeout: 40_000};

/** The sample of deploy/nats with this test's certificates. Its own listen and jetstream are the harness's. */
async function secured() {
  const folder = await mkdtemp(join(tmpdir(), 'niyanta-tls-'));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  const mine = authority(folder);
  const server = mine.certificate('server');
  const sample = await readFile(new URL('../../../../deploy/nats/nats-server.conf', import.meta.url), 'utf8');
  const conf = sample
    .replace(/^listen:.*$/m, '')
    .replace(/^jetstream \{[\s\S]*?^\}$/m, '')
    .replace('/etc/nats/server.pem', server.cert)
    .replace('/etc/nats/server.key', server.key)
    .replace('/etc/nats/ca.pem', mine.ca);
  const nats = await natsServer(conf);
  const optionsOf = async (commonName: string, by = mine) => {
    const settings = {url: nats.url.replace('nats:', 'tls:'), tls: {ca: mine.ca, ...by.certificate(commonName)}};
    return {settings, ...(await natsOptions(settings, {}))};
  };
  return {folder, nats, optionsOf};
}

test('with the sample configuration workers work, over TLS, each by its certificate', async () => {
  const {nats, optionsOf} = await secured();
  const coordinators = (await optionsOf('niyanta-coordinator')).options;
  const on = await natsStage(nats, {options: coordinators});
  await on.coordinator();
  await on.agent('h1', {options: (await optionsOf('h1')).options});
  const id = await on.submit('report');
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  const kept = await on.blobsOf('h1').putBlob(Buffer.alloc(700_000, 'x'));
  on.type.running('report')!.end({outputs: {'/out': kept}});
  await expect.poll(() => on.state(id), patient).toBe('SUCCEEDED');
  expect(await on.store.blob(kept)).toHaveLength(700_000);
});

test('the broker lets a worker neither speak nor hear for another, nor for a coordinator', async () => {
  const {nats, optionsOf} = await secured();
  const on = await natsStage(nats, {options: (await optionsOf('niyanta-coordinator')).options});
  await on.coordinator();
  const {options} = await optionsOf('h2');
  const foreign = brokerAt(nats.url, {...options, inboxPrefix: 'niyanta.v1.to.h2.inbox'});
  const connection = await foreign.connected();
  const refusals: string[] = [];
  void (async () => {
    for await (const status of connection.status()) if (status.type === 'error') refusals.push(status.error.message);
  })();
  const forbidden = ['beat.h1', 'ask.h1', 'say.h1', 'to.h1.poke', 'to.h1.do', 'hint'].map(each => `niyanta.v1.${each}`);
  for (const subject of forbidden) connection.publish(subject, '{}');
  connection.publish('$JS.API.STREAM.PURGE.niyanta-say', '{}');
  await connection.flush();
  await expect.poll(() => refusals.length, patient).toBe(forbidden.length + 1);
  for (const subject of ['niyanta.v1.to.h1.>', 'niyanta.v1.say.*', 'niyanta.v1.>'])
    connection.subscribe(subject, {callback: error => void (error && refusals.push(error.message))});
  await connection.flush();
  await expect.poll(() => refusals.length, patient).toBeGreaterThanOrEqual(forbidden.length + 4);
  expect(refusals.every(text => /permissions? violation/i.test(text))).toBe(true);
});

test('nobody answers a worker elsewhere than at its own inbox: else it would speak with the rights of who answers', async () => {
  const {nats, optionsOf} = await secured();
  const on = await natsStage(nats, {options: (await optionsOf('niyanta-coordinator')).options});
  const {broker} = await on.coordinator();
  await on.agent('h1', {options: (await optionsOf('h1')).options});
  const id = await on.submit('report');
  await expect.poll(() => on.state(id), patient).toBe('RUNNING');
  await expect.poll(() => on.streamed(), patient).toBe(0);
  const {options} = await optionsOf('h2');
  const foreign = await brokerAt(nats.url, {...options, inboxPrefix: 'niyanta.v1.to.h2.inbox'}).connected();
  const beat = {instance: randomUUID(), home: randomUUID(), version: '1', ports: [], running: [], leaving: false};
  const worker = {labels: {}, capacity: {cpu: 0, memory: 0, gpu: 0, disk: 0}};
  const elsewhere = ['niyanta.v1.to.h1.do', 'niyanta.v1.to.h1.inbox.x', '$JS.API.STREAM.PURGE.niyanta-say'];
  const before = broker.counts().garbage;
  for (const reply of elsewhere) {
    foreign.publish('niyanta.v1.beat.h2', JSON.stringify({v: 1, ...beat, worker}), {reply});
    foreign.publish('niyanta.v1.ask.h2', '{"v":1,"kind":"identity"}', {reply});
  }
  await expect.poll(() => broker.counts().garbage, patient).toBe(before + 2 * elsewhere.length);
  expect((await on.store.workers()).map(({name}) => name)).toEqual(['h1']);
  // The broker's own answer to what is said: what others said stays.
  const about = {v: 1, id: 'a', index: 0, count: 2, kind: 'content'};
  const headers = withHeaders({Niyanta: JSON.stringify(about)});
  foreign.publish('niyanta.v1.say.h2', 'x', {reply: elsewhere[2]!, headers});
  await expect.poll(() => on.streamed(), patient).toBe(1);
  await foreign.flush();
  expect(await on.streamed()).toBe(1);
});

test('a certificate of somebody else is not let in', async () => {
  const {folder, nats, optionsOf} = await secured();
  const {options} = await optionsOf('h1', authority(folder, 'other'));
  const broker = brokerAt(nats.url, options);
  await expect.poll(() => broker.trouble(), patient).toMatch(/does not answer/);
  await expect(broker.request('niyanta.v1.beat.h1', '{}', 1000)).rejects.toMatchObject({code: 'broker-unavailable'});
});

test('a worker is called as its certificate says, and no other way', async () => {
  const {folder, optionsOf} = await secured();
  const {settings: nats} = await optionsOf('h1');
  const wish = {nats, env: {}, machine: 'other', labels: {}, data: join(folder, 'data'), version: '0', log: silentLog};
  await expect(withAgent({...wish, name: 'h2'}, async () => {})).rejects.toMatchObject({code: 'worker-name-differs'});
  let name = '';
  await withAgent(wish, async agent => {
    name = agent.name;
    await expect(withAgent(wish, async () => {})).rejects.toMatchObject({code: 'worker-runs-already'});
  });
  expect(name).toBe('h1');
});
