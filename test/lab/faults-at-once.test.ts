import {expect, test} from 'vitest';
import {busyboxArchive, containersOn, runningOn, sharedLab} from './harness/index.ts';

const lab = sharedLab({hosts: 2});
const image = await busyboxArchive();

const stack = (colour: string) => `apiVersion: niyanta/v1
kind: Stack
name: shop
services:
  web:
    archive: ./one.tar
    replicas: 4
    env: {COLOUR: "${colour}"}
    placement: {spread: host}
    stop: {grace: 100ms}
`;

test('ten applies at once, each of another colour, run one after the other, and the last one is what runs', async () => {
  const project = await lab().project(stack('none'), {'one.tar': image});
  const colours = Array.from({length: 10}, (_, index) => `colour${index}`);
  for (const colour of colours) await project.write(`${colour}.yaml`, stack(colour));
  const ends = await Promise.all(
    colours.map(colour => project.niyanta(['apply', '--yes', '--json', '--lock-wait', '150s', '-f', `${colour}.yaml`])),
  );
  for (const {code, stderr} of ends) expect(code, stderr).toBe(0);

  const spans = ends.map(({jsonLines}) => {
    const at = (type: string) => Date.parse(jsonLines.find(event => event.type === type).at);
    return {began: at('started'), ended: at('result'), serial: jsonLines.at(-1).serial};
  });
  const order = [...spans.keys()].sort((a, b) => spans[a]!.began - spans[b]!.began);
  for (const [place, index] of order.entries()) {
    if (place > 0) expect(spans[index]!.began).toBeGreaterThanOrEqual(spans[order[place - 1]!]!.ended);
  }
  const serials = order.map(index => spans[index]!.serial);
  expect(serials).toEqual([...serials].sort((a, b) => a - b));

  const last = colours[order.at(-1)!]!;
  const all: string[] = [];
  for (const host of ['h1', 'h2']) {
    const containers = await containersOn(lab(), host);
    expect(await runningOn(lab(), host)).toEqual(containers);
    all.push(...containers);
    const seen = await lab().sh(host, "grep -ho 'colour[0-9]' /var/lib/niyanta/containers/*.json | sort -u");
    expect(seen).toBe(`${last}\n`);
  }
  expect(all).toHaveLength(4);
  const {history} = (await project.niyanta(['history', '--json'])).json;
  expect(history.map(({outcome}: {outcome: string}) => outcome)).toEqual(Array(10).fill('applied'));
  expect((await project.niyanta(['plan', '--json', '-f', `${last}.yaml`])).json.operations).toEqual([]);
});
