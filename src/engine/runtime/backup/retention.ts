import type {BackupKeep} from '../../spec/backup.ts';

interface Kept {
  readonly id: string;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Which of the volume's replicas it is of: each has its own. */
  readonly replica?: number;
}

/** Which good backups may go: all that neither `last` nor a period holds. The newest of each replica always stays. */
export function toRemove<B extends Kept>(backups: readonly B[], keep: BackupKeep): readonly B[] {
  return [...Map.groupBy(backups, ({replica}) => replica).values()].flatMap(mine => {
    const newestFirst = mine.toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : 0));
    const held = new Set(newestFirst.slice(0, Math.max(1, keep.last)).map(({id}) => id));
    for (const [period, of] of Object.entries(PERIODS) as [keyof typeof PERIODS, (at: Date) => string][]) {
      const newest = [...Map.groupBy(newestFirst, ({startedAt}) => of(new Date(startedAt))).values()].map(
        all => all[0]!,
      );
      for (const {id} of newest.slice(0, keep[period])) held.add(id);
    }
    return newestFirst.filter(({id}) => !held.has(id));
  });
}

const PERIODS = {
  hourly: (at: Date) => at.toISOString().slice(0, 13),
  daily: (at: Date) => at.toISOString().slice(0, 10),
  weekly: (at: Date) => String(Math.floor((at.getTime() / DAY + 3) / 7)),
  monthly: (at: Date) => at.toISOString().slice(0, 7),
};

/** Milliseconds. Day 0 was a Thursday: three days on, weeks begin on Monday. */
const DAY = 86_400_000;
