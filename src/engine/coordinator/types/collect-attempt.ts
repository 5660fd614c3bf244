import {pipeline, Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import {promisify} from 'node:util';
import {zstdCompress} from 'node:zlib';
import {extract} from 'tar-stream';
import {script} from '../../hosts/command.ts';
import {commandFailed, mustRun} from '../../hosts/must-run.ts';
import {produced} from '../../runtime/backup/feed.ts';
import {bundlesFolder} from '../../runtime/ctr.ts';
import {logsFolder} from '../../runtime/paths.ts';
import {type AttemptKey, attemptId} from '../../runtime/workloads/attempt-spec.ts';
import {packFiles} from '../../runtime/workloads/pack-script.ts';
import type {WorkloadHost} from '../../runtime/workloads/workload-host.ts';
import type {WorkloadOutputs} from '../../spec/workload.ts';
import type {Store} from '../store/store.ts';

/** Bytes of one output file, of all of them, of the result, and of the log's end that is kept. */
const limits = {file: 32 << 20, total: 128 << 20};
const longestResult = 1 << 20;
const longestLog = 1 << 20;

/** What came out of an attempt; `problems` say in words what of it did not. */
export interface Collected {
  readonly outputs: Readonly<Record<string, string>>;
  readonly result?: unknown;
  readonly problems: readonly string[];
}

type Blobs = Pick<Store, 'putBlob'>;

// The turn before is read as well: a log may have been turned over a moment ago.
const TAIL = `cd ${logsFolder} 2>/dev/null || exit 0
cat "$1.log.1" "$1.log" 2>/dev/null | tail -c "$2"`;

/** The end of its log, as lines of the logger under zstd; nothing where it printed nothing. */
export async function collectLog(host: WorkloadHost, key: AttemptKey, blobs: Blobs): Promise<Record<string, string>> {
  const {stdout} = await mustRun(host.changing.reading, script(TAIL, attemptId(key), String(longestLog)), {
    what: 'read the log of a workload',
  });
  const text = Buffer.byteLength(stdout) < longestLog ? stdout : stdout.slice(stdout.indexOf('\n') + 1);
  return text === '' ? {} : {log: await blobs.putBlob(await promisify(zstdCompress)(text))};
}

/** Its output files and its result, out of the file system that it left. */
export async function collectOutputs(
  host: WorkloadHost,
  key: AttemptKey,
  {files, result}: WorkloadOutputs,
  blobs: Blobs,
): Promise<Collected> {
  const paths = [...new Set([...files, ...(result === undefined ? [] : [result])])];
  if (paths.length === 0) return {outputs: {}, problems: []};
  const command = packFiles(`${bundlesFolder}/${attemptId(key)}/rootfs`, paths, limits);
  const process = await host.changing.reading.spawn(command);
  const source = Readable.from(
    produced(process, output => {
      if (output.code !== 0) throw commandFailed(host.name, 'read the output of a workload', command, output);
    }),
    {objectMode: false},
  );
  const outputs: Record<string, string> = {};
  const problems: string[] = [];
  let value: {readonly result?: unknown} = {};
  const entries = extract();
  pipeline(source, entries, () => undefined);
  for await (const entry of entries) {
    const content = await buffer(entry);
    if (entry.header.name === 'notes') {
      problems.push(...notes(content.toString(), paths));
      continue;
    }
    const path = paths[Number(entry.header.name) - 1]!;
    if (files.includes(path)) outputs[path] = await blobs.putBlob(content);
    if (path !== result) continue;
    const read = readResult(content);
    if ('problem' in read) problems.push(`${path}: ${read.problem}`);
    else value = read;
  }
  return {outputs, ...value, problems};
}

/** Lines `NUMBER REASON`. */
const notes = (text: string, paths: readonly string[]): readonly string[] =>
  text.split('\n').flatMap(line => {
    const [, number, why] = /^(\d+) (.+)$/.exec(line) ?? [];
    return number === undefined ? [] : [`${paths[Number(number) - 1]}: ${why}`];
  });

export function readResult(content: Uint8Array): {readonly result: unknown} | {readonly problem: string} {
  if (content.length > longestResult) return {problem: `the result is larger than ${longestResult} bytes`};
  try {
    return {result: JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(content))};
  } catch (error) {
    return {problem: `the result is no JSON: ${error instanceof Error ? error.message : String(error)}`};
  }
}
