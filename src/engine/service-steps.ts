import type {EnvironmentReplica} from './environment-replicas.ts';
import type {Actions, StepContext} from './executor/actions.ts';
import {peer} from './executor/peer.ts';
import type {Traffic} from './executor/traffic.ts';
import type {Manifest} from './runtime/container-spec.ts';
import {runScript} from './runtime/containers/host-script.ts';
import {rewriteManifest} from './runtime/containers/write-manifest.ts';
import type {FencedHost} from './runtime/fenced-host.ts';
import type {Verb} from './service-operations.ts';
import {Bug} from './spec/errors.ts';

/** What is done to one replica. */
export type ServiceSteps = Readonly<Record<Verb, (replica: EnvironmentReplica, context: StepContext) => Promise<void>>>;

interface StepTools {
  readonly actions: Actions;
  /** Who is listed under which name; replicas that stop leave it before, those that start join when healthy. */
  readonly ledger: Traffic;
  readonly changing: (host: string) => FencedHost;
}

/** Starting, stopping and restarting of one replica, each idempotent. */
export function serviceSteps({actions, ledger, changing}: StepTools): ServiceSteps {
  const note = async (manifest: Manifest, stopped: boolean) => {
    if (manifest.stopped !== stopped)
      await runScript(changing(manifest.spec.host), rewriteManifest({...manifest, stopped}));
  };
  const stop = async ({spec}: Manifest) => {
    await ledger.leave(spec.host, spec.id);
    await actions.stopContainer(spec.host, spec.id);
  };
  const start = async ({spec}: Manifest, context: StepContext) => {
    await ledger.return(spec.host, peer(spec));
    await actions.startContainer(spec.host, spec.id);
    await actions.waitHealthy(spec, context);
    await ledger.join(spec.host, peer(spec));
  };
  return {
    // Noted first: cut short, the next apply knows what was meant.
    async stop(replica) {
      const manifest = manifestOf(replica);
      await note(manifest, true);
      await stop(manifest);
    },
    async start(replica, context) {
      const manifest = manifestOf(replica);
      await note(manifest, false);
      await start(manifest, context);
    },
    async restart(replica, context) {
      const manifest = manifestOf(replica);
      await note(manifest, false);
      await stop(manifest);
      await start(manifest, context);
    },
  };
}

function manifestOf({service, replica, container}: EnvironmentReplica): Manifest {
  if (!container?.manifest) throw new Bug(`${service} ${replica} has no manifest`);
  return container.manifest;
}
