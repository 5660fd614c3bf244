/** One thing that is wrong with a request. */
export interface Wrong {
  readonly detail: string;
  readonly code: string;
  /** Path of the value in the body. */
  readonly path?: readonly PropertyKey[];
  /** Name of the parameter. */
  readonly parameter?: string;
}

/** What the API itself answers with an error: what is known here and nowhere below. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint?: string;
  readonly wrong?: readonly Wrong[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(parts: {
    readonly status: number;
    readonly code: string;
    readonly detail: string;
    readonly hint?: string;
    readonly wrong?: readonly Wrong[];
    readonly headers?: Readonly<Record<string, string>>;
  }) {
    super(parts.detail);
    this.name = 'Refusal';
    this.status = parts.status;
    this.code = parts.code;
    this.hint = parts.hint;
    this.wrong = parts.wrong;
    this.headers = parts.headers ?? {};
  }
}

/** The same for what there is not and for what is another customer's. */
export const notFound = (what: string): Refusal =>
  new Refusal({status: 404, code: 'not-found', detail: `there is no such ${what}`});

/** Of a list of what is wrong: the message says all of it. */
export function invalidRequest(wrong: readonly Wrong[]): Refusal {
  const shown = wrong.slice(0, 20);
  const detail = shown.map(each => `${each.parameter ?? pointerOf(each.path ?? [])} ${each.detail}`).join('; ');
  return new Refusal({
    status: 400,
    code: 'invalid-request',
    detail: `the request is not valid: ${detail}`,
    wrong: wrong.slice(0, 100),
  });
}

/** RFC 6901, as a URI fragment. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  `#${path.map(part => `/${encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')}`;
