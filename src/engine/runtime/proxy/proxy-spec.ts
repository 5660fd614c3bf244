import type {ContainerId, PinnedImage} from '../container-spec.ts';

/** The one proxy that a host has: its id in containerd. No container of a service has it: those end in a number and a hash. */
export const proxyId: ContainerId = 'niyanta-proxy';

/** The proxy of a host: all that all environments on it share. Kept on the host as /var/lib/niyanta/proxy/proxy.json. */
export interface ProxySpec {
  readonly source: ProxySource;
  readonly http: number;
  readonly https: number;
  /** `ca` is PEM. */
  readonly acme: {readonly server?: string; readonly email?: string; readonly ca?: string};
  /** Bytes. */
  readonly memory?: number;
  /** Bytes of a file of the access log, and how many old ones are kept. */
  readonly log: {readonly size: number; readonly files: number};
}

/** Where Caddy comes from: an image, or a program of the host itself (absolute path). `digest` is '' until it is known. */
export type ProxySource =
  | {readonly kind: 'image'; readonly image: PinnedImage}
  | {readonly kind: 'binary'; readonly path: string};
