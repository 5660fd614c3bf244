import {type BackupTools, backUpVolume} from './back-up-volume.ts';
import type {Change} from './change-environment.ts';
import {copyVolume} from './copy-volume.ts';
import type {VolumeActions} from './executor/host-actions.ts';
import type {Session} from './session.ts';
import {Bug} from './spec/errors.ts';
import {volumesNow} from './volumes-now.ts';

/** What a plan does to whole volumes. `stack` is the name of the stack that the environment runs. */
export function volumeActions(session: Session, {fleet}: Change, stack: string, now: () => Date): VolumeActions {
  return {
    async backUp({volume, host, backup, why}, context) {
      const {project, environment} = session;
      const declared = {name: stack, volumes: [{name: volume, backup}]};
      const all = volumesNow(fleet.observed, {project: project.name, stack: declared, environment});
      const of = all.find(one => one.volume === volume && one.host === host);
      if (!of) throw new Bug(`volume ${volume} is not on ${host}`);
      // Before the service is touched there is nothing to stop it for: what wants it stopped is read while it is frozen.
      const gentle = backup.before.kind === 'stop' ? {...backup, before: {kind: 'freeze'} as const} : backup;
      const tools: BackupTools = {
        session,
        stack,
        connection: fleet.connection,
        changing: fleet.changing,
        actions: noActions,
        now,
      };
      const {manifest} = await backUpVolume(tools, {...of, backup: gentle}, why, context);
      context.onProgress(`backed up as ${manifest.id}`);
    },
    copy: (operation, context) => copyVolume(fleet.changing, operation, context),
  };
}

const never = () => Promise.reject(new Bug('a backup before a change stops nothing'));
const noActions = {stopContainer: never, startContainer: never, waitHealthy: never};
