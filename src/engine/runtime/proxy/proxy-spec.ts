import type {ImageSource} from '../../spec/stack.ts';

/** The proxy of a host: all that all environments on it share. Kept on the host as /var/lib/niyanta/proxy/proxy.json. */
export interface ProxySpec {
  readonly source: ProxySource;
  readonly http: number;
  readonly https: number;
  /** `ca` is PEM. */
  readonly acme: {readonly server?: string; readonly email?: string; readonly ca?: string};
  /** Bytes. */
  readonly memory?: number;
  readonly log: {readonly size: number; readonly files: number};
}

/** Where Caddy comes from: an image, or a program of the host itself (absolute path). */
export type ProxySource = Exclude<ImageSource, {kind: 'build'}> | {readonly kind: 'binary'; readonly path: string};
