import type {CoordinatorSettings, Health} from './coordinator.ts';
import {conditionOf} from './leading/silence.ts';

export interface HealthFacts {
  readonly trouble: string | undefined;
  /** Of the object storage of checkpoints. */
  readonly storageTrouble: string | undefined;
  readonly stopping: boolean;
  readonly leads: boolean;
  readonly partition: string | undefined;
  readonly silentMs: readonly number[];
  readonly silence: CoordinatorSettings['silence'];
  /** Absent where there is no broker. */
  readonly broker?: {readonly trouble: string | undefined};
}

/** Ready is who can accept and answer, with its database alone; workers that are away make nobody unready. */
export function healthOf({
  trouble,
  storageTrouble,
  stopping,
  leads,
  partition,
  silentMs,
  silence,
  broker,
}: HealthFacts): Health {
  const well = silentMs.filter(ms => conditionOf(ms, silence) === 'well').length;
  return {
    ready: trouble === undefined && !stopping,
    checks: [
      {name: 'database', ok: trouble === undefined, detail: trouble ?? 'answers'},
      {name: 'leader', ok: true, detail: leads ? 'leads' : 'stands by'},
      {
        name: 'hosts',
        ok: partition === undefined && well === silentMs.length,
        detail: partition ?? `${well} of ${silentMs.length} answer`,
      },
      ...(broker ? [{name: 'broker', ok: broker.trouble === undefined, detail: broker.trouble ?? 'answers'}] : []),
      ...(storageTrouble === undefined ? [] : [{name: 'checkpoint-storage', ok: false, detail: storageTrouble}]),
      ...(stopping ? [{name: 'stopping', ok: false, detail: 'no new work is taken'}] : []),
    ],
  };
}
