import {render} from '../../hosts/command.ts';
import type {ContainerSpec} from '../container-spec.ts';
import {ctr} from '../ctr.ts';
import type {HostScript} from './host-script.ts';
import {keepRunning} from './labels.ts';

/**
 * Tells containerd to keep a container running that has been started; nothing for `never`. Until then one that ends
 * stays so, and an apply that is cut off before is put right by the next one.
 */
export const keepContainer = (spec: Pick<ContainerSpec, 'id' | 'service' | 'replica' | 'restart'>): HostScript => ({
  what: `keep ${spec.service} ${spec.replica} running`,
  text: keepRunning(spec)
    .map(label => `exec ${render(ctr('containers', 'label', spec.id, label))} >/dev/null\n`)
    .join(''),
});
