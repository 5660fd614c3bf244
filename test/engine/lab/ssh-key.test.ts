import {utils} from 'ssh2';
import {expect, test} from 'vitest';
import {newSshKey} from '../../../src/engine/lab/ssh-key.ts';

test('a key that another implementation of SSH reads, both halves alike', () => {
  for (const comment of ['', 'h1', 'niyanta-lab-shop', 'x'.repeat(15)]) {
    const key = newSshKey(comment);
    const parsed = utils.parseKey(key.privateKey);
    const open = utils.parseKey(key.publicKey);
    if (parsed instanceof Error) throw parsed;
    if (open instanceof Error) throw open;
    expect(parsed).toMatchObject({type: 'ssh-ed25519', comment});
    expect(parsed.getPublicSSH()).toEqual(open.getPublicSSH());
    expect(open.verify('text', parsed.sign('text'))).toBe(true);
    expect(key.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  }
});
