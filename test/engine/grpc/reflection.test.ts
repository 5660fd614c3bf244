import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {type ClientDuplexStream, credentials, loadPackageDefinition, Metadata} from '@grpc/grpc-js';
import {
  loadFileDescriptorSetFromBuffer,
  loadSync,
  type MessageTypeDefinition,
  type ServiceDefinition,
} from '@grpc/proto-loader';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {type Calling, calling} from './calling.ts';
import {callDefined} from './client.ts';

const loaded = loadSync('google/protobuf/descriptor.proto', {enums: String, longs: Number});
const descriptors = {
  FileDescriptorProto: loaded['google.protobuf.FileDescriptorProto'] as MessageTypeDefinition<object, object>,
};

let grpc: Calling;
beforeAll(async () => {
  grpc = await calling();
});
afterAll(() => grpc.end());

/** What a client sends that knows the protocol of reflection and nothing of niyanta, as grpcurl does. */
async function ask(version: 'v1' | 'v1alpha', request: object) {
  const packaged = dirname(createRequire(import.meta.url).resolve('@grpc/reflection/package.json'));
  const file = join(packaged, `build/proto/grpc/reflection/${version}/reflection.proto`);
  // biome-ignore lint/suspicious/noExplicitAny: made from a file
  const made = loadPackageDefinition(loadSync(file, {longs: Number})) as any;
  const client = new made.grpc.reflection[version].ServerReflection(grpc.grpc.address, credentials.createInsecure());
  const stream: ClientDuplexStream<object, object> = client.ServerReflectionInfo(new Metadata());
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what came
  const answer = await new Promise<any>((resolve, reject) => {
    stream.once('data', resolve).once('error', reject);
    stream.write(request);
  });
  stream.end();
  client.close();
  return answer;
}

test.each(['v1', 'v1alpha'] as const)('a client that has no .proto file finds the services (%s)', async version => {
  const {listServicesResponse} = await ask(version, {listServices: ''});
  const names = listServicesResponse.service.map(({name}: {name: string}) => name).sort();
  expect(names).toEqual(['grpc.health.v1.Health', 'niyanta.v1.SchedulerService']);
});

test('and makes calls with what it is told, by the names of the .proto files', async () => {
  const {fileDescriptorResponse} = await ask('v1', {fileContainingSymbol: 'niyanta.v1.SchedulerService'});
  const learnt = loadFileDescriptorSetFromBuffer(descriptorSet(fileDescriptorResponse.fileDescriptorProto), {
    keepCase: true,
  });
  const service = learnt['niyanta.v1.SchedulerService'] as ServiceDefinition;
  const key = grpc.admin;
  // protobufjs makes no maps of descriptors, but lists of their entries: on the wire the same.
  const fields = [
    {key: 'name', value: {stringValue: 'w'}},
    {key: 'type', value: {stringValue: 'sleep'}},
    {key: 'with', value: {structValue: {fields: [{key: 'ms', value: {numberValue: 1}}]}}},
  ];
  const request = {workload: {fields}, idempotency_key: 'k'};
  const submitted = await callDefined(grpc.client, service.SubmitWorkload!, request, {key});
  expect(submitted.status, submitted.message).toBe('OK');
  expect((await callDefined(grpc.client, service.SubmitWorkload!, request, {key})).one.doubled).toBe(true);
  const listed = await callDefined(grpc.client, service.ListWorkloads!, {page_size: 1}, {key});
  expect(listed.one.workloads[0].accepted_at.nanos).toBeGreaterThanOrEqual(0);
});

test('what it tells is what protoc would say: imports, full names, entries of maps, optional fields', async () => {
  const {fileDescriptorResponse} = await ask('v1', {fileContainingSymbol: 'niyanta.v1.SchedulerService'});
  const {FileDescriptorProto} = descriptors;
  const files = fileDescriptorResponse.fileDescriptorProto.map((bytes: Buffer) =>
    FileDescriptorProto.deserialize(bytes),
  );
  // biome-ignore lint/suspicious/noExplicitAny: of descriptor.proto
  const named = new Map<string, any>(files.map((file: any) => [file.name, file]));
  const own = named.get('niyanta_v1.proto');
  expect(own.dependency).toEqual(['google_protobuf.proto']);
  const request = own.messageType.find(({name}: {name: string}) => name === 'SubmitWorkloadRequest');
  expect(request.field.map(({name, typeName}: {name: string; typeName?: string}) => [name, typeName])).toEqual([
    ['workload', '.google.protobuf.Struct'],
    ['inputs', '.niyanta.v1.SubmitWorkloadRequest.InputsEntry'],
    ['not_before', '.google.protobuf.Timestamp'],
    ['customer', undefined],
    ['idempotency_key', undefined],
    ['sent', '.niyanta.v1.SentFiles'],
    ['after', '.niyanta.v1.Predecessor'],
  ]);
  expect(request.nestedType).toMatchObject([{name: 'InputsEntry', options: {mapEntry: true}}]);
  const summary = own.messageType.find(({name}: {name: string}) => name === 'WorkloadSummary');
  const optional = summary.field.filter(({proto3Optional}: {proto3Optional?: boolean}) => proto3Optional);
  expect(optional.map(({name}: {name: string}) => name)).toEqual(['exit_code', 'progress']);
  expect(named.get('google_protobuf.proto').messageType.map(({name}: {name: string}) => name)).toContain('Struct');
});

test('a symbol that is not there is said to be so', async () => {
  const answer = await ask('v1', {fileContainingSymbol: 'niyanta.v1.Nothing'});
  expect(answer.errorResponse.errorCode).toBe(5);
});

/** google.protobuf.FileDescriptorSet of encoded files: each is field 1, with its length before it. */
function descriptorSet(files: readonly Buffer[]): Buffer {
  return Buffer.concat(
    files.flatMap(file => {
      const length: number[] = [];
      for (let left = file.length; ; left >>>= 7) {
        length.push(left > 127 ? (left & 127) | 128 : left);
        if (left <= 127) break;
      }
      return [Buffer.from([10, ...length]), file];
    }),
  );
}
