import type {Opened} from './ssh-attempt.ts';

/** A connection to a jump host in use. */
export interface Gate extends Opened {
  /** Given back; the last one to leave closes it. */
  readonly leave: () => void;
}

/** Connections to jump hosts by the way to them: all hosts behind one share it. */
const gates = new Map<string, {users: number; readonly opening: Promise<Opened>}>();

/** The open connection to a jump host, or a new one by `open`. `way` says which host, over which others and as whom. */
export async function throughGate(way: string, open: () => Promise<Opened>): Promise<Gate> {
  const gate = gates.get(way) ?? {users: 0, opening: open()};
  gates.set(way, gate);
  gate.users += 1;
  const forget = () => {
    if (gates.get(way) === gate) gates.delete(way);
  };
  try {
    const opened = await gate.opening;
    opened.client.once('close', forget);
    let left = false;
    const leave = () => {
      if (left) return;
      left = true;
      gate.users -= 1;
      opened.client.off('close', forget);
      if (gate.users > 0) return;
      forget();
      opened.client.end();
    };
    return {...opened, leave};
  } catch (error) {
    forget();
    throw error;
  }
}
