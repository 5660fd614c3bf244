import {Flags} from '@oclif/core';
import type {Schemas} from '../../engine/client/api-client.ts';
import {UserError} from '../../engine/spec/errors.ts';
import {parseSize} from '../../engine/spec/quantities.ts';

/** What a customer may have at once; unlimited where it is not given. */
export const limitFlags = {
  running: Flags.integer({summary: 'Workloads at once.', helpValue: 'COUNT', min: 0}),
  pending: Flags.integer({summary: 'Workloads that wait.', helpValue: 'COUNT', min: 0}),
  cpu: Flags.string({summary: 'Cores of what runs.', helpValue: 'CORES'}),
  memory: Flags.string({summary: 'Memory of what runs, for example 64Gi.', helpValue: 'SIZE'}),
  gpu: Flags.integer({summary: 'GPUs of what runs.', helpValue: 'COUNT', min: 0}),
  files: Flags.string({summary: 'Size of files that were sent and are kept, for example 16Gi.', helpValue: 'SIZE'}),
  rate: Flags.string({summary: 'Requests a second, and how many at once.', helpValue: 'PER_SECOND[/BURST]'}),
};

type Limits = Schemas['Customer']['limits'];

interface LimitFlags {
  readonly running?: number;
  readonly pending?: number;
  readonly cpu?: string;
  readonly memory?: string;
  readonly gpu?: number;
  readonly files?: string;
  readonly rate?: string;
}

/** Limits with what flags say in place of what was. Errors: UserError `limit-invalid`. */
export function customerLimits(before: Limits, {running, pending, cpu, memory, gpu, files, rate}: LimitFlags): Limits {
  const cores = cpu === undefined ? undefined : Number(cpu);
  const bytes = memory === undefined ? undefined : parseSize(memory);
  if (cores !== undefined && !(cpu !== '' && cores >= 0 && Number.isFinite(cores)))
    throw invalid(`--cpu ${cpu}`, '8, or 0.5');
  if (memory !== undefined && bytes === undefined) throw invalid(`--memory ${memory}`, '64Gi');
  const kept = files === undefined ? undefined : parseSize(files);
  if (files !== undefined && kept === undefined) throw invalid(`--files ${files}`, '16Gi');
  const said = {running, pending, cpu: cores, memory: bytes, gpu, files: kept, rate: rateOf(rate)};
  return {...before, ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined))};
}

function rateOf(text: string | undefined): Limits['rate'] {
  if (text === undefined) return undefined;
  const [, perSecond, burst] = /^(\d+(?:\.\d+)?)(?:\/(\d+))?$/.exec(text) ?? [];
  if (perSecond === undefined || Number(perSecond) === 0) throw invalid(`--rate ${text}`, '100, or 100/500');
  return {perSecond: Number(perSecond), burst: burst === undefined ? Math.ceil(5 * Number(perSecond)) : Number(burst)};
}

const invalid = (flag: string, example: string): UserError =>
  new UserError({code: 'limit-invalid', message: `${flag} is no amount`, hint: `Write for example ${example}.`});
