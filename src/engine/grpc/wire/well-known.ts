import {invalidRequest} from '../../coordinator/access/index.ts';

/** google.protobuf.Timestamp as it goes over the wire. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanos: number;
}

/** google.protobuf.Value; as it comes, one of them is there, or none. */
export interface Value {
  readonly nullValue?: 'NULL_VALUE';
  readonly numberValue?: number;
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly structValue?: Struct;
  readonly listValue?: {readonly values: readonly Value[]};
}

/** google.protobuf.Struct: an object of JSON. */
export interface Struct {
  readonly fields: Readonly<Record<string, Value>>;
}

/** A message without fields. */
export type Empty = Readonly<Record<string, never>>;

type Path = readonly (string | number)[];

/** What is written in JSON here has a few levels; protobuf's libraries read no more than about fifty. */
const DEEPEST = 32;

/** From milliseconds since 1970. */
export const timestampOf = (ms: number): Timestamp => {
  const seconds = Math.floor(ms / 1000);
  return {seconds, nanos: Math.round((ms - seconds * 1000) * 1e6)};
};

export const optionalTimestamp = (ms: number | undefined): Timestamp | null =>
  ms === undefined ? null : timestampOf(ms);

/** Milliseconds since 1970. Errors: Refusal 400 for what is no time of the years 1 to 9999. */
export function timeOf({seconds, nanos}: Timestamp, path: Path): number {
  const sane = seconds >= -62_135_596_800 && seconds < 253_402_300_800 && nanos >= 0 && nanos < 1e9;
  if (!sane) throw invalidRequest([{code: 'invalid-value', detail: 'is not a time', path}]);
  return seconds * 1000 + Math.floor(nanos / 1e6);
}

/** An object of JSON. What JSON does not have (undefined, functions) is left out; what is too deep becomes its text. */
export const structOf = (object: object, depth = 1): Struct => ({
  fields: Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, fromJson(value, depth)]),
  ),
});

export function fromJson(json: unknown, depth = 0): Value {
  if (typeof json === 'string') return {stringValue: json};
  if (typeof json === 'number') return {numberValue: json};
  if (typeof json === 'boolean') return {boolValue: json};
  if (typeof json === 'object' && json !== null && depth >= DEEPEST) return {stringValue: JSON.stringify(json)};
  if (Array.isArray(json)) return {listValue: {values: json.map(each => fromJson(each, depth + 1))}};
  if (typeof json === 'object' && json !== null) return {structValue: structOf(json, depth + 1)};
  return {nullValue: 'NULL_VALUE'};
}

/** The object of JSON that a client sent. Errors: Refusal 400 for what JSON cannot say. */
export function objectOf(struct: Struct | null, path: Path): Readonly<Record<string, unknown>> {
  if (struct === null) throw invalidRequest([{code: 'missing', detail: 'is required and missing', path}]);
  return membersOf(struct, path, 1);
}

function membersOf({fields}: Struct, path: Path, depth: number): Readonly<Record<string, unknown>> {
  if (depth > DEEPEST) throw wrong(path, `is nested more than ${DEEPEST} levels deep`);
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      if (key === '__proto__') throw wrong(path, 'must not have the key __proto__');
      return [key, jsonOf(value, [...path, key], depth)];
    }),
  );
}

function jsonOf(value: Value, path: Path, depth: number): unknown {
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return value.boolValue;
  if (value.numberValue !== undefined) {
    if (!Number.isFinite(value.numberValue)) throw wrong(path, 'is not a finite number');
    return value.numberValue;
  }
  if (value.structValue) return membersOf(value.structValue, path, depth + 1);
  if (value.listValue) {
    if (depth >= DEEPEST) throw wrong(path, `is nested more than ${DEEPEST} levels deep`);
    return value.listValue.values.map((each, index) => jsonOf(each, [...path, index], depth + 1));
  }
  if (value.nullValue !== undefined) return null;
  throw wrong(path, 'has no kind of value');
}

const wrong = (path: Path, detail: string) => invalidRequest([{code: 'invalid-value', detail, path}]);
