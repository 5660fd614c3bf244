import type {HostName} from '../../spec/stack.ts';

/**
 * What is said where. A worker's name is one token, so that the broker's permissions can keep each worker to its own
 * (deploy/nats/nats-server.conf). `say` is a JetStream stream; the others are plain messages.
 */
const root = 'niyanta.v1';

/** A worker tells that it is there and what it carries out, and is answered with what it should. */
export const beatOf = (worker: HostName): string => `${root}.beat.${worker}`;
/** A worker asks for something that stands in the database. */
export const askOf = (worker: HostName): string => `${root}.ask.${worker}`;
/** A worker says what became of an attempt. */
export const sayOf = (worker: HostName): string => `${root}.say.${worker}`;
/** Beat now: something changed. */
export const pokeOf = (worker: HostName): string => `${root}.to.${worker}.poke`;
/** A coordinator has something done, and is answered. */
export const doOf = (worker: HostName): string => `${root}.to.${worker}.do`;
/** A coordinator answers what was said, once the database has it. */
export const saidOf = (worker: HostName): string => `${root}.to.${worker}.said`;
/** Where all answers to a worker come: its permissions need nothing else. */
export const inboxOf = (worker: HostName): string => `${root}.to.${worker}.inbox`;
/** Coordinators tell each other that something was submitted or asked for. */
export const hint = `${root}.hint`;

export const allBeats = beatOf('*');
export const allAsks = askOf('*');
export const allSays = sayOf('*');

/** The stream of what workers said and the database does not have yet. */
export const sayStream = 'niyanta-say';
/** Coordinators share the answering of what workers ask. */
export const askQueue = 'coordinators';

/** One token of a subject. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
export const isWorkerName = (name: string): boolean => NAME.test(name);

/** Whose message it is, by its subject: the broker's permissions stand for that. */
export const workerOf = (subject: string): HostName | undefined => {
  const name = subject.split('.').at(3);
  return name !== undefined && isWorkerName(name) ? name : undefined;
};
