import {afterAll, beforeAll} from 'vitest';
import {type Connection, connect} from '../../src/engine/hosts/index.ts';
import {labHosts} from '../../src/engine/lab/index.ts';
import type {FencedHost} from '../../src/engine/runtime/fenced-host.ts';
import {fencedHost} from './harness/fenced.ts';
import {type LabFixture, sharedLab} from './harness/index.ts';

/** A lab each of containerd 1.6, 1.7 and 2.x, for all tests of a file, with a connection to its one host, which may be changed. */
export function threeContainerds() {
  const labs = (['bookworm', 'trixie', 'sid'] as const).map(release => sharedLab({hosts: 1, release}));
  const connections: Connection[] = [];
  const hosts: FencedHost[] = [];
  beforeAll(async () => {
    for (const lab of labs) connections.push(await connect(labHosts(lab().lab)[0]!));
    for (const connection of connections) hosts.push(await fencedHost(connection));
  });
  afterAll(async () => {
    for (const connection of connections) await connection.close();
  });
  return {labs, connections, hosts, first: (): LabFixture => labs[0]!()};
}
