import {randomBytes} from 'node:crypto';
import {labDown, labExec, labHosts, labUp, mustReadLab} from '../../../src/engine/lab/index.ts';
import {openSshStore} from '../../../src/engine/state/ssh/ssh-store.ts';
import type {Backend} from '../../engine/state/backends.ts';

/** Where a test's state is: a lab and a path on its host h1. As text, so that other processes find it, too. */
interface Place {
  readonly lab: string;
  readonly path: string;
}

const placeOf = (location: string) => JSON.parse(location) as Place;

/** State on a lab host, behind its real sshd. */
export function stateOnHost(): Backend {
  let lab = '';
  return {
    async start(name) {
      lab = name;
      await labUp({hosts: 1, name});
      return async () => void (await labDown(name));
    },
    async make() {
      const folder = `/srv/${randomBytes(4).toString('hex')}`;
      const place: Place = {lab, path: `${folder}/shop.lock.json`};
      return {
        location: JSON.stringify(place),
        remove: async () => void (await labExec(lab, 'h1', ['rm', '-rf', folder])),
      };
    },
    open(location, project, times) {
      const place = placeOf(location);
      const hosts = labHosts(mustReadLab(place.lab));
      return openSshStore(
        {kind: 'ssh', host: 'h1', path: place.path},
        project,
        {hosts, ssh: {env: {HOME: '/nowhere'}}},
        times,
      );
    },
    async corrupt(location, text) {
      const place = placeOf(location);
      await labExec(place.lab, 'h1', ['tee', place.path], text);
    },
  };
}
