import {expect, test} from 'vitest';
import type {Peer} from '../../../src/engine/executor/actions.ts';
import {NameLedger} from '../../../src/engine/executor/name-ledger.ts';

const peer = (id: string): Peer => ({id, service: 'web', replica: 1, address: '10.0.0.2'});

test('joins during a write are written together by the next one', async () => {
  const writes: string[][] = [];
  const ledger = new NameLedger(async (_host, _selves, peers) => {
    writes.push(peers.map(({id}) => id));
    await new Promise(resolve => setTimeout(resolve, 2));
  }, []);
  await Promise.all(['a', 'b', 'c', 'd'].map(id => ledger.join('h', peer(id))));
  expect(writes).toEqual([['a'], ['a', 'b', 'c', 'd']]);
});

test('a join resolves only when a write that contains it has ended', async () => {
  let written: readonly string[] = [];
  const ledger = new NameLedger(async (_host, _selves, peers) => {
    const ids = peers.map(({id}) => id);
    await new Promise(resolve => setTimeout(resolve, 1));
    written = ids;
  }, []);
  const all = Array.from({length: 30}, async (_, index) => {
    await new Promise(resolve => setTimeout(resolve, index % 7));
    await ledger.join('h', peer(`p${index}`));
    expect(written).toContain(`p${index}`);
  });
  await Promise.all(all);
  expect(written).toHaveLength(30);
});

test('a write that fails fails those who waited for it, and the next join tries again', async () => {
  let calls = 0;
  const ledger = new NameLedger(async () => {
    if (calls++ === 0) throw new Error('no space left on device');
  }, []);
  await expect(ledger.join('h', peer('a'))).rejects.toThrow('no space left');
  await ledger.join('h', peer('b'));
  expect(calls).toBe(2);
});
