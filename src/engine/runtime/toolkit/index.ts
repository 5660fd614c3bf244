import {createHash} from 'node:crypto';
import {argv} from '../../hosts/command.ts';
import type {Connection} from '../../hosts/connection.ts';
import {mustRun} from '../../hosts/must-run.ts';
import type {HostScript} from '../containers/host-script.ts';
import * as paths from '../paths.ts';
import {boot, bootUnit} from './boot.ts';
import {caddyAdmin} from './caddy-admin.ts';
import {installScript} from './install-script.ts';
import {logger} from './logger.ts';
import {network} from './network.ts';
import {overlay} from './overlay.ts';
import {secrets} from './secrets.ts';

const files = {logger, network, overlay, secrets, 'caddy-admin': caddyAdmin, boot};

/** Names the scripts of this version; stands in a file beside them on each host. */
export const toolkitHash = createHash('sha256')
  .update(JSON.stringify([files, bootUnit]))
  .digest('hex')
  .slice(0, 16);

/** File with the hash of what is installed. */
export const toolkitVersionPath = `${paths.toolkit}/version`;

/** What `installToolkit` runs on the host, as a shell script. */
export const toolkitScript: string = installScript(files, bootUnit, toolkitHash);

/** The same as a change of an environment that needs them. */
export const toolkitInstallation: HostScript = {what: "install niyanta's scripts", text: toolkitScript};

/** Puts niyanta's own scripts on a host, or renews them; each file at once. Idempotent; for no environment. */
export async function installToolkit(connection: Connection): Promise<void> {
  await mustRun(connection, argv('sh', '-s'), {input: toolkitScript, what: "install niyanta's scripts"});
}
