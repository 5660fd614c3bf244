import type {ContainerId} from './container-spec.ts';
import {runtimeHash, shortHash, specHash} from './hashes.ts';
import {macOf} from './mac.ts';
import {namesFingerprint} from './names.ts';
import {volumePath} from './paths.ts';

interface Scope {
  readonly project: string;
  readonly stack: string;
  readonly environment: string;
}

/** containerd allows 76 characters in an identifier. */
const longestId = 76;

/** `shop-default-backend-2-1a2b3c`; where that is too long, its middle is a hash. */
function containerId(
  of: Scope & {readonly service: string; readonly replica: number; readonly distinction: string},
): ContainerId {
  const name = `${of.stack}-${of.environment}-${of.service}-${of.replica}`;
  const id = `${name}-${of.distinction}`;
  if (id.length <= longestId) return id;
  const tail = `-${shortHash(JSON.stringify([of.stack, of.environment, of.service])).slice(0, 8)}-${of.replica}-${of.distinction}`;
  return `${name.slice(0, longestId - tail.length)}${tail}`;
}

/** `ny` and 8 hex digits: names of network devices have at most 15 characters. */
const bridge = ({project, stack, environment}: Scope): string =>
  `ny${shortHash(JSON.stringify([project, stack, environment])).slice(0, 8)}`;

/** The device to other hosts has the name of the bridge, but for its first letters. */
const device = (scope: Scope): string => bridge(scope).replace(/^ny/, 'nv');

/** 24 bits, never 0 (RFC 7348). */
const vni = ({project, stack, environment}: Scope): number =>
  (Number.parseInt(shortHash(JSON.stringify(['vni', project, stack, environment])).slice(0, 6), 16) % 0xfffffe) + 1;

/** Names have no dot in them, so that no two environments share a folder. */
const volumeFolder = ({project, stack, environment}: Scope, volume: string): string =>
  `${project}.${stack}.${environment}/${volume}`;

/** How everything of niyanta is called on hosts: functions of values alone. */
export const naming = {
  containerId,
  bridge,
  device,
  vni,
  mac: macOf,
  volumeFolder,
  volumePath: (scope: Scope, volume: string): string => volumePath(volumeFolder(scope, volume)),
  names: namesFingerprint,
  runtimeHash,
  specHash,
};
