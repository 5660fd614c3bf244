import {type AccessLine, parseAccessLine} from './runtime/proxy/access-log.ts';
import type {ProxyRoutes} from './runtime/proxy/proxy-routes.ts';
import {inTryingOrder, type OwnedRoute, routeOfRequest} from './runtime/proxy/route-of-request.ts';
import {routeName} from './spec/route.ts';

/** One request, with the proxy that took it and the route that it was for. */
export interface AccessRecord extends AccessLine {
  /** The host of the proxy, by whose clock `at` is. */
  readonly proxy: string;
  readonly route: string;
  readonly service: string;
}

/** Which requests are wanted. */
export interface AccessWanted {
  readonly project: string;
  readonly environment: string;
  /** First digit of the status: `5` for 500 and above. */
  readonly statusClass?: string;
}

/** How many lines are known again when a log is read from an earlier place. */
const mostRecent = 10_000;

/** Makes records of the lines of one proxy's access log: those for routes of one environment. */
export class AccessLogReader {
  readonly #proxy: string;
  readonly #routes: readonly OwnedRoute[];
  readonly #wanted: AccessWanted;
  /** As they were written, oldest first. */
  readonly #recent = new Map<string, string>();
  #passing = false;

  constructor(proxy: string, slices: readonly ProxyRoutes[], wanted: AccessWanted) {
    this.#proxy = proxy;
    this.#routes = inTryingOrder(slices);
    this.#wanted = wanted;
  }

  /** What is fed from now on begins with lines that were fed already: they are passed over. */
  resume(): void {
    this.#passing = this.#recent.size > 0;
  }

  /** The record of this line; undefined for what is not wanted, or was fed before. */
  feed(text: string): AccessRecord | undefined {
    const line = parseAccessLine(text);
    if (line === undefined || this.#knows(text, line.at)) return undefined;
    const owned = routeOfRequest(this.#routes, line);
    if (owned === undefined || !this.#wants(owned, line)) return undefined;
    return {...line, proxy: this.#proxy, route: routeName(owned.route), service: owned.route.service};
  }

  // Requests that end at once may be written out of order, so it is not enough to compare times.
  #knows(text: string, at: string): boolean {
    if (this.#recent.has(text)) return true;
    this.#passing &&= at < this.#recent.values().next().value!;
    if (this.#passing) return true;
    this.#recent.set(text, at);
    if (this.#recent.size > mostRecent) this.#recent.delete(this.#recent.keys().next().value!);
    return false;
  }

  #wants({slice}: OwnedRoute, {status}: AccessLine): boolean {
    const {project, environment, statusClass} = this.#wanted;
    return (
      slice.project === project &&
      slice.environment === environment &&
      (statusClass === undefined || String(status).startsWith(statusClass))
    );
  }
}
