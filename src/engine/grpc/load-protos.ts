import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {loadSync, type Options, type PackageDefinition} from '@grpc/proto-loader';
import {Bug} from '../spec/errors.ts';
import {publishedFiles} from './published-files.ts';

const SERVICE = 'niyanta/v1/scheduler.proto';
const FILES = [SERVICE, 'google/rpc/status.proto', 'grpc/health/v1/health.proto'];

export interface Protos {
  /** As messages are read and written here: field names in camelCase, absent fields filled in but optional ones. */
  readonly definition: PackageDefinition;
  /** The files as they are written, for clients that ask by reflection. */
  readonly published: PackageDefinition;
}

/** Reads the .proto files that come with niyanta, from the sources and built alike. */
export function loadProtos(): Protos {
  const includeDirs = [protoFolder(import.meta.dirname)];
  const read = (options: Options) => loadSync(FILES, {...options, includeDirs});
  return {
    definition: read({longs: Number, enums: String, defaults: true, arrays: true, objects: true}),
    published: publishedFiles(read({keepCase: true})),
  };
}

/** `proto/` stands beside `src/` and `dist/`, above whichever this file is in. */
function protoFolder(from: string): string {
  const folder = join(from, 'proto');
  if (existsSync(join(folder, SERVICE))) return folder;
  const above = dirname(from);
  if (above === from) throw new Bug('the .proto files of niyanta are not there');
  return protoFolder(above);
}
