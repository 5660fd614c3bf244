import type {Cells, Table} from '../database.ts';

type Value = Cells[string];

/** Neither is in JSON, nor in what people name things. */
const BETWEEN = '\u0001';
const NULL = '\u0002';

/**
 * Many rows as one parameter a column, so that a statement is the same for any number of them, and what stands after
 * `from`. Texts are joined rather than written as an array where they can be: nothing in them has to be quoted, here or
 * there, and that is half of the work of a large batch. `before`: parameters of the statement that come before these.
 */
export function columnsOf(
  table: Table,
  columns: readonly string[],
  rows: readonly Cells[],
  before = 0,
): {readonly from: string; readonly params: readonly string[]} {
  const arrays: string[] = [];
  const params = columns.map((column, index) => {
    const type = table.columns[column]!;
    const values = rows.map(row => row[column]);
    const parameter = `$${before + index + 1}`;
    const joined = type === 'text' ? joinedText(values) : undefined;
    arrays.push(
      joined === undefined ? `${parameter}::${type}[]` : `string_to_array(${parameter}, e'\\u0001', e'\\u0002')`,
    );
    return joined ?? arrayText(values);
  });
  return {from: `unnest(${arrays.join(', ')})`, params};
}

/** Undefined when the values themselves have what stands between them. */
function joinedText(values: readonly Value[]): string | undefined {
  const text = values.map(value => value ?? NULL).join(BETWEEN);
  let between = 0;
  for (let at = text.indexOf(BETWEEN); at >= 0; at = text.indexOf(BETWEEN, at + 1)) between++;
  if (text === '' || between !== values.length - 1) return undefined;
  return values.includes(NULL) ? undefined : text;
}

/** As PostgreSQL writes arrays. */
export function arrayText(values: readonly Value[]): string {
  let text = '{';
  for (const value of values) {
    if (text.length > 1) text += ',';
    if (value === null || value === undefined) text += 'NULL';
    else if (typeof value === 'string') text += `"${/["\\]/.test(value) ? value.replace(/["\\]/g, '\\$&') : value}"`;
    else text += String(value);
  }
  return `${text}}`;
}
