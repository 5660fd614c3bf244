import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {busyboxArchive, type LabFixture, sharedLab} from './harness/index.ts';

const lab = sharedLab();

test('the image of the tests is an image: user, entry point, environment and files are those asked for', async () => {
  await importInto(
    lab(),
    await busyboxArchive({
      reference: 'docker.io/test/app:1',
      user: 'app',
      entrypoint: ['sh', '-c', 'id -un; echo $GREETING; cat /etc/motd'],
      env: ['GREETING=hi'],
      files: {'/etc/motd': 'a file\n'},
    }),
  );
  expect(await lab().sh('h1', 'ctr run --rm docker.io/test/app:1 one')).toBe('app\nhi\na file\n');
});

test('the same input gives the same image, and another file leaves the base layer as it is', async () => {
  const [one, again, other] = await Promise.all([
    busyboxArchive({files: {'/v': '1'}}),
    busyboxArchive({files: {'/v': '1'}}),
    busyboxArchive({files: {'/v': '2'}}),
  ]);
  expect(one.equals(again)).toBe(true);
  expect(one.equals(other)).toBe(false);
  await importInto(lab(), one);
  const before = await blobs(lab());
  await importInto(lab(), other);
  const added = (await blobs(lab())).filter(line => !before.includes(line));
  // Config, manifest and the small layer; not the megabytes of busybox.
  expect(added.map(line => Number(line.split(/\s+/)[1])).filter(size => size > 10_000)).toEqual([]);
  expect(added.length).toBeGreaterThanOrEqual(3);
});

async function importInto(fixture: LabFixture, archive: Buffer): Promise<void> {
  writeFileSync(join(fixture.lab.directory, 'hosts/h1/containerd/image.tar'), archive);
  await fixture.sh('h1', 'ctr images import /var/lib/containerd/image.tar');
}

/** `DIGEST BYTES`, a line a blob. */
const blobs = async (fixture: LabFixture): Promise<string[]> =>
  (await fixture.sh('h1', "find /var/lib/containerd/io.containerd.content.v1.content/blobs -type f -printf '%f %s\\n'"))
    .trimEnd()
    .split('\n');
