import type {Look, Paint} from './look.ts';
import {printable} from './printable.ts';
import {padLeft, padRight, truncate, width} from './text-layout.ts';

/** One column of a table. Values are made printable here; views give them as they are. */
export interface Column<Row> {
  readonly title: string;
  value(row: Row): string;
  paint?(row: Row): Paint;
  readonly align?: 'left' | 'right';
  /** May be shortened to this many columns when the table is too wide. */
  readonly shrinkTo?: number;
  /** Left out when the table is too wide even so, the highest number first. */
  readonly dropOrder?: number;
  /** Shown even when every value is empty. */
  readonly always?: boolean;
}

interface Measured<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  readonly width: number;
}

const GAP = '  ';

/** Rows below a dim header, aligned, without borders; as wide as the look allows. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], look: Look): string {
  const shown = fitted(
    columns.map(column => measure(column, rows)).filter(({column, cells}) => column.always || cells.some(Boolean)),
    look.columns,
  );
  const header = shown.map(({column, width}) => aligned(column, column.title, width)).join(GAP);
  const body = rows.map((row, i) =>
    shown
      .map(({column, cells, width}) => {
        const cell = aligned(column, truncate(cells[i]!, width), width);
        return column.paint ? column.paint(row)(cell) : cell;
      })
      .join(GAP)
      .trimEnd(),
  );
  return [look.style.dim(header.trimEnd()), ...body].join('\n');
}

function measure<Row>(column: Column<Row>, rows: readonly Row[]): Measured<Row> {
  const cells = rows.map(row => printable(column.value(row)));
  return {column, cells, width: Math.max(width(column.title), ...cells.map(width))};
}

function aligned<Row>(column: Column<Row>, text: string, columns: number): string {
  return column.align === 'right' ? padLeft(text, columns) : padRight(text, columns);
}

/** First shortens the widest that may shrink, then leaves columns out, until the table fits. */
function fitted<Row>(measured: readonly Measured<Row>[], limit: number): readonly Measured<Row>[] {
  const excess = measured.reduce((sum, each) => sum + each.width, 0) + GAP.length * (measured.length - 1) - limit;
  if (excess <= 0) return measured;
  const shrunk = shrink(measured, excess);
  if (shrunk) return shrunk;
  const dropped = measured.reduce<Measured<Row> | undefined>(
    (found, each) => ((each.column.dropOrder ?? 0) > (found?.column.dropOrder ?? 0) ? each : found),
    undefined,
  );
  if (dropped)
    return fitted(
      measured.filter(each => each !== dropped),
      limit,
    );
  return measured.map(each => ({...each, width: least(each)}));
}

const least = <Row>({column, width: wide}: Measured<Row>): number =>
  Math.min(wide, Math.max(column.shrinkTo ?? wide, width(column.title)));

function shrink<Row>(measured: readonly Measured<Row>[], excess: number): readonly Measured<Row>[] | undefined {
  const widths = measured.map(each => each.width);
  for (let left = excess; left > 0; left--) {
    const candidates = measured.map((each, i) => ({i, spare: widths[i]! - least(each)}));
    const most = candidates.reduce((a, b) => (b.spare > a.spare ? b : a));
    if (most.spare <= 0) return undefined;
    widths[most.i]! -= 1;
  }
  return measured.map((each, i) => ({...each, width: widths[i]!}));
}
