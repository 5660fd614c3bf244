import {afterAll, beforeAll} from 'vitest';
import {type Connection, connect} from '../../src/engine/hosts/index.ts';
import {labHosts} from '../../src/engine/lab/index.ts';
import {type LabFixture, sharedLab} from './harness/index.ts';

/** A lab each of containerd 1.6, 1.7 and 2.x, for all tests of a file, with a connection to its one host. */
export function threeContainerds() {
  const labs = (['bookworm', 'trixie', 'sid'] as const).map(release => sharedLab({hosts: 1, release}));
  const connections: Connection[] = [];
  beforeAll(async () => {
    for (const lab of labs) connections.push(await connect(labHosts(lab().lab)[0]!));
  });
  afterAll(async () => {
    for (const connection of connections) await connection.close();
  });
  return {labs, connections, first: (): LabFixture => labs[0]!()};
}
