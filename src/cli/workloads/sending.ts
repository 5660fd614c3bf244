import {dirname, join} from 'node:path';
import type {SubmitWish} from '../../engine/client/submit-workloads.ts';
import {bytes} from '../../engine/view/quantities-view.ts';
import {tell} from '../output.ts';

interface Here {
  readonly cwd: string;
  readonly signal: AbortSignal;
}

/** What goes along with submissions comes from this machine: images are opened or built, and it is told how far it is. */
export function sendingFrom({cwd, signal}: Here): Pick<SubmitWish, 'openImage' | 'onProgress'> {
  let toldAt = 0;
  return {
    async openImage(source) {
      const {openJobImage} = await import('../../engine/open-job-image.ts');
      const imageCache = join(await projectFolder(cwd), '.niyanta', 'images');
      return openJobImage(source, {imageCache, onBuild: line => tell(line), signal});
    },
    onProgress(sent, of) {
      const now = Date.now();
      if (sent < of && now - toldAt < 1000) return;
      toldAt = now;
      tell(`sent ${bytes(sent)} of ${bytes(of)}`);
    },
  };
}

/** A server needs no project here: without one, what is built is kept beside the files. */
async function projectFolder(cwd: string): Promise<string> {
  const {findProject} = await import('../../engine/find-project.ts');
  return findProject(cwd).then(dirname, () => cwd);
}
