/** Merges several logs, each in order of time, into one; equal times keep the order of the logs. */
export function mergeLogs<T extends {readonly at: string}>(logs: readonly (readonly T[])[]): readonly T[] {
  return logs.flat().sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
