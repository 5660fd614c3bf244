/** Paints a text; the plain style returns it as it is. */
export type Paint = (text: string) => string;

/** Colours by meaning-free names; given to views so that they stay pure. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly blue: Paint;
  readonly cyan: Paint;
}

/** How and when a view is looked at. */
export interface Look {
  readonly style: Style;
  /** Characters in a line; Infinity when nothing limits it (a pipe). */
  readonly columns: number;
  readonly now: Date;
}

/** A value as text for people, and as the documented JSON (the value itself when `json` is absent). */
export interface View<T> {
  text(value: T, look: Look): string;
  json?(value: T): unknown;
}

const same: Paint = text => text;

/** No escape sequence anywhere: NO_COLOR, TERM=dumb, a pipe. */
export const plainStyle: Style = {bold: same, dim: same, red: same, green: same, yellow: same, blue: same, cyan: same};

const sgr =
  (open: number, close: number): Paint =>
  text =>
    text === '' ? '' : `\u001b[${open}m${text}\u001b[${close}m`;

/** ECMA-48 SGR sequences, closed each on its own so that they nest. */
export const ansiStyle: Style = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
  blue: sgr(34, 39),
  cyan: sgr(36, 39),
};
