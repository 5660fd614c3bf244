import type {Broker} from './broker.ts';
import {hint} from './subjects.ts';

/** Coordinators on one database wake each other: what was submitted to one is looked at by the one that leads. */
export interface Hints {
  /** Something was submitted or asked for here. */
  tell(): void;
  /** Something was elsewhere; perhaps. Returns how to stop. */
  listen(heard: () => void): () => void;
}

const gatherMs = 10;

export function hintsOver(broker: Broker): Hints {
  let waits = false;
  return {
    tell() {
      if (waits) return;
      waits = true;
      setTimeout(() => {
        waits = false;
        broker.tell(hint, '');
      }, gatherMs).unref();
    },
    listen: heard => broker.subscribe(hint, () => heard()),
  };
}
