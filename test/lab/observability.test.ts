import {readdirSync, readFileSync} from 'node:fs';
import {request as httpRequest} from 'node:http';
import {join} from 'node:path';
import {afterAll, beforeAll, expect, onTestFinished, test} from 'vitest';
import {argv, connect, mustRun} from '../../src/engine/hosts/index.ts';
import {labHosts} from '../../src/engine/lab/index.ts';
import {metricTable} from '../../src/engine/telemetry/metrics/metric-table.ts';
import {fakeLogStore} from '../engine/telemetry/fake-log-store.ts';
import {fakeOtlpReceiver} from '../engine/telemetry/fake-otlp-receiver.ts';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import type {TestProject} from './harness/lab-fixture.ts';
import {Prometheus, promtool} from './harness/prometheus.ts';
import {ServedCoordinator} from './harness/served-coordinator.ts';

const lab = sharedLab({hosts: 1});
const image = 'docker.io/library/busybox:test';
const waits = {timeout: 90_000, interval: 200};

let project: TestProject;
beforeAll(async () => {
  const archive = await busyboxArchive();
  project = await lab().project('');
  const connection = await connect(labHosts(lab().lab)[0]!, {env: {}});
  await mustRun(connection, argv('ctr', '-n', 'niyanta', 'images', 'import', '-'), {what: 'import', input: archive});
  await connection.close();
});

const state = async (of: ServedCoordinator, id: string) => (await of.ask('GET', `/v1/workloads/${id}`)).state;
const submitted = async (of: ServedCoordinator, workload: object) =>
  (await of.ask('POST', '/v1/workloads', {workload})).id as string;

test('one request id and one trace lead from the command line through the log to the lines of the container', async () => {
  const [collector, logs] = [await fakeOtlpReceiver(), await fakeLogStore()];
  const served = await ServedCoordinator.startWith(project, join(lab().scratch, 'logs'), {
    OTEL_EXPORTER_OTLP_ENDPOINT: new URL(collector.url).origin,
    NIYANTA_LOG_FORMAT: 'ecs',
    NIYANTA_LOG_LOKI_URL: logs.url,
    NIYANTA_LOG_ELASTICSEARCH_URL: logs.url,
  });
  onTestFinished(() => void served.child.kill('SIGKILL'));
  await project.write(
    'tell.yaml',
    `apiVersion: niyanta/v1
kind: Workload
name: tell
image: ${image}
command: [sh, -c, 'echo "$NIYANTA_REQUEST_ID $TRACEPARENT"']
`,
  );
  const env = {
    NIYANTA_SERVER: served.address,
    NIYANTA_API_KEY: served.adminKey!,
    TRACEPARENT: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
  const {stdout, stderr, code} = await project.niyanta(['submit', 'tell.yaml', '--json'], {env});
  expect([code, stderr]).toEqual([0, '']);
  const [{id}] = JSON.parse(stdout).workloads;
  await expect.poll(() => state(served, id), waits).toBe('SUCCEEDED');
  await expect.poll(() => logs.lines.filter(({labels}) => labels.source === 'workload'), waits).toHaveLength(1);
  const printed = JSON.parse(logs.lines.find(({labels}) => labels.source === 'workload')!.line);
  expect(printed).toMatchObject({
    workload: id,
    attempt: 1,
    stream: 'stdout',
    traceId: '0af7651916cd43dd8448eb211c80319c',
  });
  expect(printed.message).toMatch(
    new RegExp(`^${printed.requestId} 00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$`),
  );
  const own = () =>
    logs.lines.filter(({labels, line}) => labels.source === 'coordinator' && line.includes(printed.requestId));
  await expect
    .poll(() => own().map(({line}) => JSON.parse(line).message), waits)
    .toEqual(['a batch of workloads was accepted', 'an attempt is carried out', 'an attempt is over here']);
  const documents = () => logs.documents.filter(({document}) => document['http.request.id'] === printed.requestId);
  await expect.poll(documents, waits).toHaveLength(4);
  expect(documents().every(({index}) => index === 'logs-niyanta-default')).toBe(true);
  const run = printed.message.split('-')[2 + printed.requestId.split('-').length - 1];
  await expect
    .poll(() => collector.trace('0af7651916cd43dd8448eb211c80319c').find(({name}) => name === 'run')?.spanId, waits)
    .toBe(run);
  const names = collector.trace('0af7651916cd43dd8448eb211c80319c').map(({name}) => name);
  expect(names).toEqual(
    expect.arrayContaining(['POST /v1/workloads/batch', 'workload', 'start', 'start container', 'finish']),
  );
  expect(await served.end('SIGTERM')).toBe(0);
});

interface Panel {
  readonly title: string;
  readonly targets: readonly {readonly expr: string}[];
}

const folder = new URL('../../deploy/grafana/', import.meta.url).pathname;
const dashboards = readdirSync(folder).map(file => ({
  file,
  panels: JSON.parse(readFileSync(join(folder, file), 'utf8')).panels as readonly Panel[],
}));

/** As Grafana does it, with everything chosen. */
const filledIn = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(customer|host|environment)/g, '.*');

let served: ServedCoordinator;
let prometheus: Prometheus;
afterAll(async () => {
  await prometheus?.end();
  served?.child.kill('SIGKILL');
});

test('every query of every dashboard finds something in a real Prometheus', async () => {
  served = await ServedCoordinator.startWith(project, join(lab().scratch, 'seen'), {NIYANTA_METRICS_HOSTS: '1s'});
  prometheus = await Prometheus.start(join(lab().scratch, 'prometheus'), served.address, served.adminKey!);
  const socket = socketTo(served);
  const stack = await lab().project(STACK, {'busybox.tar': await busyboxArchive()});
  await inStack(stack, ['apply', '--yes']);
  onTestFinished(() => socket.close());
  await busy(stack, 0);
  let missing = dashboards.flatMap(({file, panels}) =>
    panels.flatMap(({title, targets}) => targets.map(({expr}) => ({what: `${file}: ${title}: ${expr}`, expr}))),
  );
  // Each at some moment: what is short is not there at all of them.
  const look = async () => {
    const found = await Promise.all(missing.map(({expr}) => prometheus.query(filledIn(expr))));
    missing = missing.filter((_, index) => !found[index]);
    return missing.map(({what}) => what);
  };
  // Rates need something that goes on.
  const stop = new AbortController();
  const going = (async () => {
    for (let round = 1; !stop.signal.aborted; round++) await busy(stack, round);
  })();
  try {
    await expect.poll(look, waits).toEqual([]);
  } finally {
    stop.abort();
    await going;
  }
});

const STACK = `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./busybox.tar
    command: [sleep, infinity]
    replicas: 2
    stop: {grace: 0s}
`;

async function inStack(stack: TestProject, args: readonly string[]): Promise<void> {
  const env = {NIYANTA_API_KEY: served.adminKey!};
  const {code, stdout, stderr} = await stack.niyanta([...args, '--server', served.address], {env});
  expect([code, code === 0 ? '' : stdout + stderr]).toEqual([0, '']);
}

/** A bit of everything that there is to be counted. */
async function busy(stack: TestProject, round: number): Promise<void> {
  await inStack(stack, ['scale', `web=${1 + (round % 2)}`, '--yes']);
  await served.ask('PUT', '/v1/customers/hasty', {name: 'Hasty', limits: {rate: {perSecond: 1, burst: 1}}});
  const {key} = await served.ask('POST', '/v1/keys', {role: 'customer', customer: 'hasty'});
  const asHasty = () => fetch(`${served.address}/v1/workloads`, {headers: {authorization: `Bearer ${key}`}});
  await Promise.all([asHasty(), asHasty(), asHasty()]);
  const node = labHosts(lab().lab)[0]!.name;
  const placement = {require: {host: node}, prefer: [{match: {host: node}, weight: 1}]};
  const nap = await submitted(served, {name: 'nap', type: 'sleep', with: {seconds: 600}, placement});
  const fails = {name: 'fails', image, command: ['false'], retries: {max: 1, backoff: {initial: '1s'}}};
  const works = {
    name: 'works',
    image,
    command: ['sh', '-c', 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 2'],
  };
  const gone = {name: 'gone', image: '127.0.0.1:9/no/such:1', command: ['true']};
  const ids = [await submitted(served, fails), await submitted(served, works)];
  const lost = await submitted(served, gone);
  const waiting = await submitted(served, {
    name: 'waits',
    type: 'sleep',
    with: {seconds: 0},
    placement: {require: {host: 'nowhere'}},
  });
  await expect.poll(() => state(served, nap), waits).toBe('RUNNING');
  await served.ask('POST', `/v1/workloads/${nap}/checkpoint`);
  const ended = async () => (await Promise.all(ids.map(id => state(served, id)))).filter(each => !/ED$/.test(each));
  await expect.poll(ended, waits).toEqual([]);
  // One that cannot be started fails by itself, perhaps before this.
  for (const id of [nap, lost, waiting])
    await served
      .ask('POST', `/v1/workloads/${id}/cancel`)
      .catch(error => expect(String(error)).toContain('not-possible'));
}

test('promtool has nothing to say about the metrics, and all that is documented is there', async () => {
  const text = await (
    await fetch(`${served.address}/metrics`, {headers: {authorization: `Bearer ${served.adminKey}`}})
  ).text();
  expect(await promtool(['check', 'metrics'], text)).toBe('');
  for (const name of Object.keys(metricTable)) expect(text).toContain(`# HELP ${name} `);
});

test('promtool has nothing to say about the alerts, and their tests pass', async () => {
  const rules = new URL('../../deploy/prometheus/', import.meta.url).pathname;
  expect(await promtool(['check', 'rules', join(rules, 'alerts.yaml')])).toBe('');
  expect(await promtool(['test', 'rules', join(rules, 'alerts.test.yaml')])).toBe('');
});

test('SIGTERM: what is being asked is answered, streams are told, nothing new is taken, the lead is given back', async () => {
  const data = join(lab().scratch, 'stopping');
  const one = await ServedCoordinator.startWith(project, data, {});
  onTestFinished(() => void one.child.kill('SIGKILL'));
  const authorization = `Bearer ${one.adminKey}`;
  const long = await submitted(one, {name: 'long', image, command: ['sleep', '600'], stop: {grace: '0s'}});
  await expect.poll(() => state(one, long), waits).toBe('RUNNING');
  const closed = Promise.withResolvers<number>();
  const socket = socketTo(one);
  await new Promise(resolve => socket.addEventListener('open', resolve));
  socket.addEventListener('close', ({code}) => closed.resolve(code));
  const following = await fetch(`${one.address}/v1/workloads/${long}/logs`, {
    headers: {authorization, accept: 'text/event-stream'},
  });
  // Half a request: its head and the beginning of its body.
  const body = JSON.stringify({workload: {name: 'late', type: 'sleep', with: {seconds: 0}}});
  const half = httpRequest(`${one.address}/v1/workloads`, {
    method: 'POST',
    headers: {authorization, 'content-type': 'application/json', 'content-length': body.length},
  });
  const answered = new Promise<{status: number; text: string}>((resolve, reject) => {
    half.once('error', reject);
    half.once('response', response => {
      let text = '';
      response.on('data', chunk => {
        text += chunk;
      });
      response.on('end', () => resolve({status: response.statusCode!, text}));
    });
  });
  const before = await inFlight(one);
  half.write(body.slice(0, 20));
  await expect.poll(() => inFlight(one), waits).toBe(before + 1);
  const ended = one.end('SIGTERM');
  expect(await closed.promise).toBe(1001);
  expect(await following.text()).toContain('event: ');
  // Refused, or nobody listens any more.
  const late = await fetch(`${one.address}/health`).then(
    ({status}) => status,
    () => 503,
  );
  expect(late).toBe(503);
  half.end(body.slice(20));
  const {status, text} = await answered;
  expect(status).toBe(201);
  expect(await ended).toBe(0);

  const two = await ServedCoordinator.startWith(project, data, {}, one.adminKey);
  onTestFinished(() => void two.child.kill('SIGKILL'));
  await expect.poll(() => state(two, JSON.parse(text).id), waits).toBe('SUCCEEDED');
  expect(await two.ask('GET', `/v1/workloads/${long}`)).toMatchObject({attempt: 1});
  const {items} = await two.ask('GET', '/v1/audit?type=leader.resigned');
  expect(items).toHaveLength(1);
  await two.ask('POST', `/v1/workloads/${long}/cancel`);
  await expect.poll(() => state(two, long), waits).toBe('CANCELLED');
  expect(await two.end('SIGTERM')).toBe(0);
});

const inFlight = async (of: ServedCoordinator): Promise<number> => {
  const answer = await fetch(`${of.address}/metrics`, {headers: {authorization: `Bearer ${of.adminKey}`}});
  return Number(/^niyanta_api_requests_in_flight (\d+)$/m.exec(await answer.text())![1]);
};

const socketTo = (of: ServedCoordinator): WebSocket =>
  new WebSocket(`${of.address.replace('http', 'ws')}/v1/events`, {
    headers: {authorization: `Bearer ${of.adminKey}`},
  } as never);
