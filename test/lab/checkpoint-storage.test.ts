import {join} from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {argv, connect, mustRun} from '../../src/engine/hosts/index.ts';
import {labHosts} from '../../src/engine/lab/index.ts';
import {S3StandIn} from '../engine/runtime/backup/s3-stand-in.ts';
import {busyboxArchive, sharedLab} from './harness/index.ts';
import {ServedCoordinator} from './harness/served-coordinator.ts';

const lab = sharedLab({hosts: 1});
const image = 'docker.io/library/busybox:test';
const waits = {timeout: 60_000, interval: 100};

let s3: S3StandIn;
let served: ServedCoordinator;
beforeAll(async () => {
  s3 = await S3StandIn.start();
  const input = await busyboxArchive();
  const settings = `apiVersion: niyanta/v1
kind: Server
scheduling: {preemption: {enabled: true}}
checkpoints:
  to: s3://${s3.access.bucket}/checkpoints
  s3: {endpoint: '${s3.endpoint}', accessKeyId: '\${secret:S3_ID}', secretAccessKey: '\${secret:S3_KEY}'}
`;
  const project = await lab().project('', {'server.yaml': settings});
  const connection = await connect(labHosts(lab().lab)[0]!, {env: {}});
  await mustRun(connection, argv('ctr', '-n', 'niyanta', 'images', 'import', '-'), {what: 'import', input});
  await connection.close();
  const {accessKeyId, secretAccessKey} = s3.access;
  const env = {
    NIYANTA_CONFIG: 'server.yaml',
    NIYANTA_SECRET_S3_ID: accessKeyId,
    NIYANTA_SECRET_S3_KEY: secretAccessKey,
  };
  served = await ServedCoordinator.startWith(project, join(lab().scratch, 'data'), env);
});
afterAll(async () => {
  if (served?.child.exitCode === null) await served.end('SIGTERM');
  await s3?.stop();
});

/** Writes 12 MB when it is told to, and ends at once when it goes on from them. */
const saves = `[ -z "$NIYANTA_RESTORE_FROM" ] || { echo "goes on with $(wc -c <$NIYANTA_RESTORE_FROM/state) bytes"; exit 0; }
trap 'cd $NIYANTA_CHECKPOINT_DIR; head -c 12000000 /dev/urandom >state; sha256sum state >sums; mv sums SHA256SUMS' USR1
trap 'exit 1' TERM; echo begun; while :; do sleep 0.1; done`;

const submit = async (name: string, script: string, parts: object): Promise<string> => {
  const workload = {name, image, command: ['sh', '-c', script], ...parts};
  return (await served.ask('POST', '/v1/workloads', {workload})).id;
};
const row = (id: string) => served.ask('GET', `/v1/workloads/${id}`);
const lines = async (id: string) =>
  (await served.ask('GET', `/v1/workloads/${id}/logs`)).items.map(({text}: {text: string}) => text);
const checkpoint = {grace: '30s', progress: 50};

test('what is more urgent makes room as server.yaml has it, and a checkpoint of 12 MB goes to the object storage and back', async () => {
  const hosts = async () => (await served.ask('GET', '/v1/workers')).items;
  await expect.poll(hosts, waits).toMatchObject([{condition: 'well'}]);
  const {cpu} = (await hosts())[0].capacity;
  const less = await submit('less', saves, {priority: 10, preemptible: true, resources: {cpu}, checkpoint});
  await expect.poll(() => lines(less), waits).toEqual(['begun']);
  const more = await submit('more', 'echo urgent', {priority: 90, resources: {cpu}});
  await expect.poll(async () => (await row(more)).state, waits).toBe('SUCCEEDED');
  await expect.poll(async () => (await row(less)).state, waits).toBe('SUCCEEDED');
  expect(await lines(less)).toEqual(['goes on with 12000000 bytes']);
  expect((await row(less)).attempt).toBe(2);
  const {items} = await served.ask('GET', `/v1/workloads/${less}/checkpoints`);
  expect(items).toMatchObject([{number: 1, why: 'preemption'}]);
  expect(items[0].size).toBeGreaterThan(10_000_000);
  expect([...s3.objects.keys()]).toEqual([expect.stringMatching(`^checkpoints/${less}\\.1\\..*\\.tar\\.zst$`)]);
});

test('object storage that fails costs a checkpoint, not the workload', async () => {
  const id = await submit('goes-on', saves, {checkpoint});
  await expect.poll(() => lines(id), waits).toEqual(['begun']);
  s3.refuse = ({method}) => (method === 'GET' ? undefined : 'AccessDenied');
  await expect(served.ask('POST', `/v1/workloads/${id}/checkpoint`)).rejects.toThrow(
    /50[23].*checkpoint-storage-failed/,
  );
  expect(await row(id)).toMatchObject({state: 'RUNNING', attempt: 1});
  s3.refuse = () => undefined;
  expect(await served.ask('POST', `/v1/workloads/${id}/checkpoint`)).toMatchObject({why: 'manual'});
  expect([...s3.objects.keys()].filter(key => key.includes(id))).toHaveLength(1);
});
