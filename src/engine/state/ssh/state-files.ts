import {createHash} from 'node:crypto';
import {Bug, OutsideError} from '../../spec/errors.ts';
import {
  type Check,
  HostExit,
  listFolder,
  readFile,
  readLeases,
  type StateFile,
  type Swap,
  swapFile,
} from './scripts.ts';
import type {Said, StateHost} from './state-host.ts';

/** A file as it was read, with the store's time in milliseconds. */
export interface Seen {
  readonly now: number;
  /** SHA-256 in hex; `-` when there is no file. */
  readonly hash: string;
  readonly text?: string;
}

/** What came of a swap: somebody was faster (`moved`), or the lease in that file is gone. */
export type Swapped = 'done' | 'moved' | {readonly gone: StateFile};

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The files of one state on its host. Errors: OutsideError `state-unreachable`, `state-busy`, `disk-full`, …. */
export class StateFiles {
  readonly host: StateHost;
  /** Absolute path of the lock file there. */
  readonly lock: string;

  constructor(host: StateHost, lock: string) {
    this.host = host;
    this.lock = lock;
  }

  async read(file: StateFile, signal?: AbortSignal): Promise<Seen> {
    const {stdout} = this.succeeded(await this.host.run(readFile(this.lock, file), {signal}));
    const end = stdout.indexOf('\n');
    const [now, hash] = stdout.slice(0, end).split(' ');
    if (hash === undefined || !/^\d+$/.test(now!))
      throw new Bug(`unexpected answer of the state's host: ${stdout.slice(0, 80)}`);
    return {now: Number(now), hash, ...(hash === '-' ? {} : {text: stdout.slice(end + 1)})};
  }

  /** All lease records; `hash` is that of all together. */
  async readLeases(): Promise<Seen & {readonly files: readonly (readonly [name: string, text: string])[]}> {
    const {stdout} = this.succeeded(await this.host.run(readLeases(this.lock)));
    const [head = '', ...lines] = stdout.split('\n');
    const [now, hash = '-'] = head.split(' ');
    const files: [string, string][] = [];
    for (let index = 0; index + 1 < lines.length; index += 2) files.push([lines[index]!, lines[index + 1]!]);
    return {now: Number(now), hash, files};
  }

  async list(folder: string): Promise<readonly string[]> {
    const {stdout} = this.succeeded(await this.host.run(listFolder(this.lock, folder)));
    return stdout.split('\n').filter(Boolean);
  }

  async swap(swap: Omit<Swap, 'hash'>, signal?: AbortSignal): Promise<Swapped> {
    const whole = {...swap, hash: hashOf(swap.text)};
    const said = await this.host.send(again => swapFile(this.lock, whole, again), swap.text, {signal});
    if (said.code === HostExit.moved) return 'moved';
    if (said.code === HostExit.leaseGone) return {gone: said.stderr.trim() as StateFile};
    this.succeeded(said);
    return 'done';
  }

  /** The output of a script that had to succeed. */
  succeeded(said: Said): Said {
    if (said.code === 0) return said;
    throw this.#failed(said);
  }

  #failed({code, stderr}: Said): OutsideError {
    const {name} = this.host;
    const last = stderr.trim().split('\n').at(-1) ?? '';
    const make = (code: string, what: string, hint: string, transient = false) =>
      new OutsideError({
        code,
        message: `${name}: could not use the state at ${this.lock}: ${what}`,
        hint,
        host: name,
        transient,
      });
    if (code === HostExit.missingTool)
      return make(
        'state-host-lacks',
        `the host has no ${last}`,
        'Install coreutils and util-linux there, or keep the state on another host.',
      );
    if (code === HostExit.busy)
      return make(
        'state-busy',
        'another process has kept it locked for 5 s',
        `See which one on ${name}: fuser -v the file mutex beside it.`,
        true,
      );
    if (code === HostExit.cutOff)
      return make('state-unreachable', 'what was sent did not arrive whole', 'Run the same command again.', true);
    if (/no space left|quota exceeded/i.test(last))
      return make(
        'disk-full',
        'the disk there is full; what it held before is untouched',
        `Free some space on ${name} (df -h shows where) and run it again.`,
      );
    if (/read-only file system/i.test(last))
      return make(
        'state-read-only',
        'the file system there is read-only',
        'Mount it writable, or keep the state elsewhere: state: in niyanta.yaml.',
      );
    if (/permission denied|not permitted/i.test(last))
      return make(
        'state-not-writable',
        `permission denied (${last})`,
        'Log in there as a user who may write that folder, or change its owner with chown.',
      );
    return make('state-host-failed', last || `exit code ${code}`, `Look at the host: ssh ${name}`);
  }
}

/** Nothing but what was read is there. */
export const unchanged = (file: StateFile, hash: string): Check => ({kind: 'same', file, hash});
