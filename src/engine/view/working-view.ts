import type {View} from './look.ts';

export interface WorkingHere {
  readonly name: string;
  /** Without credentials. */
  readonly broker: string;
  /** Of its metrics: `http://127.0.0.1:9465`. */
  readonly metrics?: string | undefined;
}

/** That a coordinator knows this worker. */
export const workingView: View<WorkingHere> = {
  text: ({name, broker, metrics}) =>
    [
      `Worker ${name} is known to its coordinator, by ${broker}`,
      ...(metrics === undefined ? [] : [`Its metrics: ${metrics}/metrics`]),
    ].join('\n'),
};
