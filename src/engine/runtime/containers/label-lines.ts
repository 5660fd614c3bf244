import {render} from '../../hosts/command.ts';
import type {ContainerId} from '../container-spec.ts';
import {ctr} from '../ctr.ts';

/**
 * Lines of sh that label a container and set `$there`: 1, or nothing when containerd has no such container. They end
 * the script when containerd does not answer, which must not look like a container that is gone.
 */
export const labelLines = (id: ContainerId, ...labels: readonly string[]): readonly string[] => [
  `if said=$(${render(ctr('containers', 'label', id, ...labels))} 2>&1); then there=1; else`,
  '  case $said in *"not found"*) there= ;; *) printf "%s\\n" "$said" >&2; exit 1 ;; esac',
  'fi',
];
