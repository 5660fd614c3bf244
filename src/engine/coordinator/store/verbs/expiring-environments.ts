import type {Session} from '../database.ts';
import {BLOB_GRACE_MS} from './expiring.ts';

/** Changes that ended before, but for the newest of each environment; removed environments without any; unused bundles. */
export async function expireEnvironments(session: Session, before: number): Promise<void> {
  await session.run(
    `delete from environment_changes where ended_at < $1 and number < (select newest_change from environments
     where environments.id = environment_changes.environment)`,
    before,
  );
  await session.run('delete from environments where removed_at < $1', before);
  await session.run(
    `delete from bundles where kept_at < $1 and sha256 not in (select bundle from environments
     union select bundle from environment_changes where bundle is not null)`,
    (await session.now()) - BLOB_GRACE_MS,
  );
}
