/** RFC 4180: a line of titles, a line a row. */
export const csvOf = (titles: readonly string[], rows: readonly (readonly (string | number | undefined)[])[]): string =>
  [titles, ...rows].map(row => `${row.map(field).join(',')}\r\n`).join('');

function field(value: string | number | undefined): string {
  const text = String(value ?? '');
  // What a spreadsheet would take for a formula is none: names of workloads are whatever customers chose.
  const plain = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
