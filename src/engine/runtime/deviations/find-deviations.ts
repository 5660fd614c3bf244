import type {Manifest} from '../container-spec.ts';
import {specHash} from '../hashes.ts';
import type {Deviation} from './deviation.ts';
import {ruleDeviations, type Translation} from './forwarding.ts';
import {type LimitsInForce, limitDeviations} from './limits.ts';
import {type Device, linkDeviations} from './links.ts';

/** What a probe found of one container that has a manifest and is known to containerd. */
export interface Findings {
  readonly running: boolean;
  /** Its task runs with another config than it was made with. */
  readonly configChanged: boolean;
  /** containerd has its labels, and keeps it running. */
  readonly kept: boolean;
  /** containerd has its labels; absent when nobody had to ask. */
  readonly labelled?: boolean;
  readonly rootGone: boolean;
  /** Its hosts file, host name and resolv.conf are there: without them it cannot start again. */
  readonly filesThere: boolean;
  /** So are its secret files, on tmpfs or on the disk from where they are put back. */
  readonly secretsThere: boolean;
  /** The namespace with its name is there, and is that of its process. */
  readonly named: boolean;
  readonly hasAddress: boolean;
  /** The host has the address that the container's way out leads to. */
  readonly hasGateway: boolean;
  readonly limits?: LimitsInForce;
  readonly devices: readonly Device[];
  readonly translation?: Translation;
}

/**
 * What is not as the manifest says. What is stopped has no network and no limits to compare; of what has to be made anew
 * the rest is no news.
 */
export function findDeviations({spec, specHash: recorded}: Manifest, found: Findings): readonly Deviation[] {
  const container = (what: string): Deviation => ({aspect: 'container', what});
  const whole = [
    ...(found.configChanged || found.labelled === false ? [container('recreated')] : []),
    ...(specHash(spec) === recorded ? [] : [container('manifest edited')]),
    ...(found.rootGone ? [container('snapshot removed')] : []),
    ...(found.filesThere ? [] : [container('hosts file removed')]),
    ...(found.secretsThere
      ? []
      : [container(spec.secretsAtRest === 'none' ? 'secret files gone, as after a reboot' : 'secret files removed')]),
  ];
  if (!found.running || whole.length > 0) return whole;
  return [
    ...(found.named ? [] : [{aspect: 'name', what: 'network deleted'} as const]),
    ...linkDeviations(spec.id, spec.network, found),
    ...(found.translation ? ruleDeviations(spec, found.translation) : []),
    ...(found.limits ? limitDeviations(spec.resources, found.limits) : []),
    ...(spec.restart === 'never' || found.kept ? [] : [{aspect: 'labels', what: 'labels removed'} as const]),
  ];
}
