// What a benchmark says: one value a row of docs/BENCHMARKS.md, printed for people or, with --json, a line of JSON each.
import process from 'node:process';

/**
 * A row out of rounds that were taken in turns. `aim` is `{atMost: n}` of ours as a multiple of the peer's, or
 * `{faster: n}`, the peer's as a multiple of ours; figures are medians in `unit`.
 */
export function row({name, work, against, unit, ours, peer, aim, also = {}}) {
  const [mine, theirs] = [median(ours), median(peer)];
  const ratio = 'faster' in aim ? theirs / mine : mine / theirs;
  return {
    name,
    work,
    against,
    unit,
    ours: rounded(mine),
    peer: rounded(theirs),
    ratio: rounded(ratio),
    aim,
    met: 'faster' in aim ? ratio >= aim.faster : ratio <= aim.atMost,
    rounds: {ours: ours.map(rounded), peer: peer.map(rounded)},
    ...also,
  };
}

/** A row that is measured against a figure alone. */
export function single({name, work, against, unit, ours, most, also = {}}) {
  const mine = Math.max(...ours);
  return {
    name,
    work,
    against,
    unit,
    ours: rounded(mine),
    peer: rounded(most),
    ratio: rounded(mine / most),
    aim: {atMost: 1},
    met: mine <= most,
    rounds: {ours: ours.map(rounded)},
    ...also,
  };
}

export const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Four significant digits: more than a measurement has. */
const rounded = value => Number(value.toPrecision(4));

/** Runs the rounds in turns, so that whatever else the machine does meets both. */
export async function inTurns(rounds, ours, peer) {
  const taken = {ours: [], peer: []};
  for (let round = 0; round < rounds; round++) {
    taken.ours.push(await ours(round));
    taken.peer.push(await peer(round));
  }
  return taken;
}

export function print(...rows) {
  for (const each of rows)
    process.stdout.write(`${process.argv.includes('--json') ? JSON.stringify(each) : text(each)}\n`);
}

/** `apply of 40 replicas: 3.1 s, bare ctr run 2.8 s: 1.1 times as long (aim: at most 1.5)  met` */
export function text({work, against, unit, ours, peer, ratio, aim, met}) {
  const said =
    'faster' in aim
      ? `${ratio} times as fast (aim: ${aim.faster})`
      : `${ratio} times as much (aim: at most ${aim.atMost})`;
  return `${met ? 'met   ' : 'MISSED'} ${work}: ${ours} ${unit}; ${against}: ${peer} ${unit}: ${said}`;
}
