import {OutsideError} from '../../spec/errors.ts';

/** The host is away, or its containerd is: that says nothing of what runs there. */
const away = new Set(['connection-lost', 'host-unreachable', 'containerd-silent']);

export const isHostLoss = (error: unknown): boolean => error instanceof OutsideError && away.has(error.code);

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Of whoever lets go of an attempt. */
export const letGo = (why: string): OutsideError => new OutsideError({code: 'let-go', message: why});

export const noCheckpoint = (why: string): OutsideError =>
  new OutsideError({
    code: 'no-checkpoint',
    message: `no checkpoint: ${why}`,
    hint: 'It has to write one when it is told to: see docs/WORKLOADS.md',
  });
