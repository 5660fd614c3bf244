import type {View} from './look.ts';

export interface WorkingHere {
  readonly name: string;
  /** Without credentials. */
  readonly broker: string;
}

/** That a coordinator knows this worker. */
export const workingView: View<WorkingHere> = {
  text: ({name, broker}) => `Worker ${name} is known to its coordinator, by ${broker}`,
};
