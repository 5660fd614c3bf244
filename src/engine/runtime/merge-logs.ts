/** Something with a time, as RFC 3339 in UTC. */
interface Timed {
  readonly at: string;
}

/** In order of time; equal times keep their order. */
export const inOrder = <T extends Timed>(records: readonly T[]): readonly T[] => records.toSorted(byTime);

const byTime = (a: Timed, b: Timed): number => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0);

/**
 * Merges several logs, each in order of time, into one, holding one record of each; equal times keep the order of the
 * logs. A log that fails fails the whole.
 */
export async function* mergeLogs<T extends Timed>(logs: readonly AsyncIterator<T>[]): AsyncGenerator<T> {
  const first = await Promise.all(logs.map(async log => ({log, next: await log.next()})));
  const heads = first.flatMap(({log, next}, turn) => (next.done ? [] : [{log, turn, record: next.value}]));
  heads.sort((a, b) => byTime(a.record, b.record) || a.turn - b.turn);
  for (let head = heads.shift(); head !== undefined; head = heads.shift()) {
    yield head.record;
    const next = await head.log.next();
    if (next.done) continue;
    const {log, turn} = head;
    const after = heads.findIndex(other => (byTime(other.record, next.value) || other.turn - turn) > 0);
    heads.splice(after < 0 ? heads.length : after, 0, {log, turn, record: next.value});
  }
}
