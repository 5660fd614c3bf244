import {describe, expect, test} from 'vitest';
import {compareSpecs} from '../../../src/engine/planner/compare-specs.ts';
import {fileLines, fileMounts, reloadLines} from '../../../src/engine/runtime/containers/container-files.ts';
import {runArguments} from '../../../src/engine/runtime/containers/run-arguments.ts';
import {runtimeHash, specHash} from '../../../src/engine/runtime/hashes.ts';
import {sampleSpec} from './sample-spec.ts';

const file = (target: string, content: string, reload?: string) => ({
  target,
  content,
  mode: '0444',
  ...(reload && {reload}),
});
const spec = (...files: ReturnType<typeof file>[]) => sampleSpec({id: 'web-1-abcdef', files});

describe('files of a container', () => {
  test('are written with their mode, whatever is in them, and mounted read-only', () => {
    const one = spec(file('/etc/a', "it's $HOME\n`id`\n"));
    expect(fileLines(one)).toEqual([
      'mkdir -p /var/lib/niyanta/files/web-1-abcdef',
      expect.stringContaining("'it'\\''s $HOME\n`id`\n'"),
      'chmod 0444 /var/lib/niyanta/files/web-1-abcdef/1',
    ]);
    expect(fileMounts(one)).toEqual([{source: '/var/lib/niyanta/files/web-1-abcdef/1', target: '/etc/a'}]);
    expect(runArguments(one, {containerd: '1.6.20', entrypoint: []})).toContain(
      'type=bind,src=/var/lib/niyanta/files/web-1-abcdef/1,dst=/etc/a,options=rbind:ro',
    );
    expect(fileLines(sampleSpec())).toEqual([]);
  });

  test('that changed are rewritten in place, and each signal is sent once', () => {
    const before = spec(file('/a', '1', 'SIGHUP'), file('/b', '1', 'SIGHUP'), file('/c', '1', 'SIGUSR1'));
    const now = spec(file('/a', '2', 'SIGHUP'), file('/b', '2', 'SIGHUP'), file('/c', '1', 'SIGUSR1'));
    const lines = reloadLines(now, before);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain('>/var/lib/niyanta/files/web-1-abcdef/1');
    expect(lines[2]).toContain('tasks kill --signal SIGHUP web-1-abcdef');
    expect(reloadLines(now, now)).toEqual([]);
  });

  test.each([
    ['text', file('/a', '2'), true],
    ['text, with a signal that reloads it', file('/a', '2', 'SIGHUP'), false],
    ['path', file('/b', '1', 'SIGHUP'), true],
    ['mode', {...file('/a', '1', 'SIGHUP'), mode: '0400'}, true],
  ])('another %s needs a new container: %s', (_, changed, forces) => {
    const reload = 'reload' in changed ? changed.reload : undefined;
    const [before, now] = [spec(file('/a', '1', reload)), spec(changed)];
    expect(runtimeHash(before) !== runtimeHash(now)).toBe(forces);
    expect(specHash(before)).not.toBe(specHash(now));
    expect(compareSpecs(before, now, runtimeHash).some(change => change.forces)).toBe(forces);
  });

  test('show in a plan by length and checksum, never with their text', () => {
    const changes = compareSpecs(spec(file('/a', 'one\ntwo\n')), spec(file('/a', 'three\n')), runtimeHash);
    expect(changes).toEqual([
      {
        path: 'files./a',
        from: expect.stringMatching(/^2 lines, [0-9a-f]{12}, 0444$/),
        to: expect.stringMatching(/^1 line, [0-9a-f]{12}, 0444$/),
        forces: true,
      },
    ]);
  });
});
