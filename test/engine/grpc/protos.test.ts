import {join} from 'node:path';
import {expect, test} from 'vitest';
import {definition} from './client.ts';

interface Declared {
  readonly name: string;
  readonly comment: string;
}
interface Rpc extends Declared {
  readonly request: string;
  readonly response: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}
interface ReadField extends Declared {
  readonly number: number;
  readonly repeated: boolean;
  readonly map: boolean;
}
interface ReadFile {
  readonly messages: readonly (Declared & {readonly fields: readonly ReadField[]})[];
  readonly enums: readonly (Declared & {readonly values: readonly (Declared & {readonly number: number})[]})[];
  readonly services: readonly (Declared & {readonly rpcs: readonly Rpc[]})[];
}

const root = join(import.meta.dirname, '../../..');
const {readProtos} = await import(join(root, 'scripts/read-protos.mjs'));
const files: readonly ReadFile[] = readProtos(join(root, 'proto'));

interface Described {
  readonly field: readonly {readonly name: string; readonly number: number; readonly label: string}[];
  readonly value: readonly {readonly name: string; readonly number: number}[];
}
const described = (name: string) => definition[`niyanta.v1.${name}`]!.type as unknown as Described;
const camel = (name: string) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

test('what documentation and types are made of is what protobufjs reads', () => {
  const messages = files.flatMap(file => file.messages);
  const enums = files.flatMap(file => file.enums);
  const services = files.flatMap(file => file.services);
  const names = [...messages, ...enums, ...services].map(({name}) => `niyanta.v1.${name}`);
  expect(names.sort()).toEqual(
    Object.keys(definition)
      .filter(name => name.startsWith('niyanta.v1.'))
      .sort(),
  );
  for (const {name, fields} of messages) {
    const read = fields.map(field => [camel(field.name), field.number, field.repeated || field.map]);
    const known = described(name).field.map(field => [field.name, field.number, field.label === 'LABEL_REPEATED']);
    expect(read.sort(byNumber), name).toEqual(known.sort(byNumber));
  }
  for (const {name, values} of enums) {
    expect(values.map(({name: value, number}) => [value, number])).toEqual(
      described(name).value.map(({name: value, number}) => [value, number]),
    );
  }
  for (const {name, rpcs} of services) {
    const service = definition[`niyanta.v1.${name}`] as unknown as Record<
      string,
      {
        requestStream: boolean;
        responseStream: boolean;
        requestType: {type: {name: string}};
        responseType: {type: {name: string}};
      }
    >;
    expect(rpcs.map(rpc => rpc.name).sort()).toEqual(Object.keys(service).sort());
    for (const rpc of rpcs) {
      const {requestStream, responseStream, requestType, responseType} = service[rpc.name]!;
      expect([rpc.requestStream, rpc.responseStream]).toEqual([requestStream, responseStream]);
      expect([rpc.request, rpc.response.replace('google.protobuf.', '')]).toEqual([
        requestType.type.name,
        responseType.type.name,
      ]);
    }
  }
});

test('everything in them says what it is', () => {
  const declared = files.flatMap(({messages, enums, services}) => [
    ...messages.flatMap(message => [message, ...message.fields]),
    ...enums.flatMap(one => [one, ...one.values]),
    ...services.flatMap(service => [service, ...service.rpcs]),
  ]);
  expect(declared.length).toBeGreaterThan(200);
  expect(declared.filter(({comment}) => !/^[A-Z0-9`].*[.…]$/.test(comment)).map(({name}) => name)).toEqual([]);
});

const byNumber = (a: readonly unknown[], b: readonly unknown[]) => Number(a[1]) - Number(b[1]);
