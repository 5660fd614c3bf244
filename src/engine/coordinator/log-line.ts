/** One line that an attempt wrote. */
export interface LogLine {
  /** Where a reader goes on (`LogOptions.after`): grows within an attempt, the same however often it is read. */
  readonly id: string;
  /** RFC 3339 with microseconds, by the host's clock. */
  readonly at: string;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  readonly attempt: number;
}
