import {Exit, type ExitCode} from './exit-codes.ts';

/** Where in a file people wrote a thing. Lines and columns count from 1. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Dotted path of the value, for example `services.backend.replicas`. */
  readonly path?: string;
}

interface ErrorParts {
  /** Stable, kebab-case, for scripts: `unknown-key`, `host-unreachable`. */
  readonly code: string;
  readonly message: string;
  /** What to do next, as a sentence or a command to type. */
  readonly hint?: string;
  readonly exit?: ExitCode;
  readonly cause?: unknown;
  /** Id of the request to a coordinator that it answers: its log and audit have it, too. */
  readonly request?: string;
}

/** What every error of niyanta carries; the one handler in commands prints it. */
export abstract class NiyantaError extends Error {
  readonly code: string;
  readonly hint?: string;
  readonly exit: ExitCode;
  readonly request?: string;

  constructor(parts: ErrorParts, fallback: ExitCode) {
    super(parts.message, {cause: parts.cause});
    this.name = new.target.name;
    this.code = parts.code;
    this.hint = parts.hint;
    this.request = parts.request;
    this.exit = parts.exit ?? fallback;
  }
}

/** The user can act on it: a wrong file, a wrong flag, a lock that is held. Exits 64 unless it says otherwise. */
export class UserError extends NiyantaError {
  readonly location?: Location;
  /** The service that it is about, where a room knows no files. */
  readonly service?: string;
  constructor(parts: ErrorParts & {readonly location?: Location; readonly service?: string}) {
    super(parts, Exit.usage);
    this.location = parts.location;
    this.service = parts.service;
  }

  /** The same error, at a place. */
  at(location: Location): UserError {
    return new UserError({...this.#parts(), location});
  }

  /** The same error, about a service; as it is when it says more already. */
  about(service: string): UserError {
    return this.location || this.service !== undefined ? this : new UserError({...this.#parts(), service});
  }

  #parts(): ErrorParts & {readonly location?: Location; readonly service?: string} {
    const {code, message, hint, exit, cause, request, location, service} = this;
    return {code, message, hint, exit, cause, request, location, service};
  }
}

/** Several things wrong at once: every error of a file, not just the first. */
export class UserErrors extends NiyantaError {
  readonly errors: readonly UserError[];
  constructor(errors: readonly UserError[]) {
    super(
      {
        code: errors[0]?.code ?? 'invalid',
        message: errors.map(error => error.message).join('\n'),
        exit: errors[0]?.exit,
      },
      Exit.usage,
    );
    this.errors = errors;
  }
}

/** Something outside failed: a host, a registry, a command there. Exits 1 unless it says otherwise. */
export class OutsideError extends NiyantaError {
  readonly host?: string;
  /** The command that failed, as it may be shown: never with a secret in it. */
  readonly command?: string;
  readonly exitCode?: number;
  readonly lastLines?: readonly string[];
  /** Whether trying again may help: a lost connection, a time-out, a registry's 5xx. */
  readonly transient: boolean;

  constructor(
    parts: ErrorParts & {
      readonly host?: string;
      readonly command?: string;
      readonly exitCode?: number;
      readonly lastLines?: readonly string[];
      readonly transient?: boolean;
    },
  ) {
    super(parts, Exit.failed);
    this.host = parts.host;
    this.command = parts.command;
    this.exitCode = parts.exitCode;
    this.lastLines = parts.lastLines;
    this.transient = parts.transient ?? false;
  }
}

/** A mistake in niyanta itself. */
export class Bug extends NiyantaError {
  constructor(message: string, cause?: unknown) {
    super(
      {code: 'bug', message, cause, hint: 'This is a bug in niyanta; please report it with the command you ran.'},
      Exit.failed,
    );
  }
}
