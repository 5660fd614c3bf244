import type {LabFixture} from './lab-fixture.ts';

/** What a container printed, without the logger's stamps. */
export async function containerLog(lab: LabFixture, host: string, id: string): Promise<string[]> {
  const text = await lab.sh(host, `cat /var/lib/niyanta/logs/${id}.log`);
  return text.split('\n').flatMap(line => {
    const [, , , ...words] = line.split(' ');
    return line === '' ? [] : [words.join(' ')];
  });
}
