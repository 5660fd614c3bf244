import {render, script} from '../../hosts/command.ts';
import type {Probe} from '../../hosts/index.ts';
import type {HostName} from '../../spec/stack.ts';
import {asideFolder, readAside} from '../backup/volume-scripts.ts';
import {ctr} from '../ctr.ts';
import {idForm} from '../leftovers/leftover.ts';
import * as paths from '../paths.ts';
import {ageOf, bytesOf} from './containerd-words.ts';
import type {House, HouseImage} from './house.ts';

const mark = '@@niyanta-house ';
const section = (name: string): string => `echo '${mark}${name}'`;

/** Fixed text: nothing from outside is in it. Changes nothing. */
const surveyScript: string = [
  section('copies'),
  `for f in ${paths.environmentsFolder}/*.json; do [ ! -e "$f" ] || { cat "$f"; echo; }; done`,
  section('fences'),
  `for f in ${paths.fencesFolder}/*; do case $f in *.lock|*.new|*.served) continue ;; esac; [ ! -f "$f" ] || { read -r number rest <"$f"; echo "\${f##*/} $number"; }; done`,
  section('volumes'),
  `(cd ${paths.volumesFolder} 2>/dev/null && for v in */*/; do v=\${v%/}; [ -d "$v" ] || continue; [ -n "$(find "$v" -mindepth 1 2>/dev/null | head -n 1)" ] && full=full || full=empty; echo "$full $v"; done)`,
  section('aside'),
  // The moment of its last renaming, and not of what is in it: how long it has been aside.
  `(now=$(date +%s); cd ${asideFolder} 2>/dev/null && for a in *; do [ ! -d "$a" ] || echo "$((now - $(stat -c %Z "$a"))) $a"; done)`,
  section('networks'),
  `(now=$(date +%s); cd ${paths.overlaysFolder} 2>/dev/null && for f in ny*; do [ ! -f "$f" ] || echo "$f $((now - $(stat -c %Y "$f")))"; done)`,
  section('images'),
  `${render(ctr('images', 'ls'))} 2>/dev/null`,
  section('content'),
  `${render(ctr('content', 'ls'))} 2>/dev/null`,
  section('containers'),
  `${render(ctr('containers', 'ls'))} 2>/dev/null && echo whole`,
  section('snapshots'),
  `${render(ctr('snapshots', 'ls'))} 2>/dev/null | awk '{print $1}'`,
  section('end'),
].join('\n');

/** What housekeeping asks of one host. `parse` gives undefined when the answer was cut, or containerd did not give one. */
export const survey = (host: HostName): Probe<House | undefined> => ({
  command: script(surveyScript),
  parse: stdout => parseHouse(host, stdout),
});

export function parseHouse(host: HostName, stdout: string): House | undefined {
  const sections = new Map(
    stdout.split(mark).map((text): [string, string[]] => {
      const [name = '', ...lines] = text.split('\n');
      return [name.trim(), lines.filter(line => line !== '')];
    }),
  );
  const lines = (name: string): readonly string[] => sections.get(name) ?? [];
  // Without the list of containers, images would seem to be nobody's.
  if (!sections.has('end') || lines('containers').at(-1) !== 'whole') return undefined;
  const content = lines('content').slice(1).map(contentLine);
  const images = lines('images').slice(1).flatMap(imageLine);
  const ages = new Map(content.map(({digest, ageMs}) => [digest, ageMs]));
  return {
    host,
    copies: lines('copies'),
    fences: lines('fences').flatMap(line => {
      const [, scope, number] = /^(\S+) (\d+)$/.exec(line) ?? [];
      return scope === undefined ? [] : [{scope, number: Number(number)}];
    }),
    volumes: lines('volumes').flatMap(line => {
      const [, state, folder] = /^(full|empty) (.+)$/.exec(line) ?? [];
      return folder === undefined ? [] : [{folder, empty: state === 'empty'}];
    }),
    aside: lines('aside').flatMap(line => {
      const [, seconds, name = ''] = /^(-?\d+) (\S+)$/.exec(line) ?? [];
      const read = readAside(name);
      return read ? [{folder: `.aside/${name}`, ...read, ageMs: Math.max(0, Number(seconds)) * 1000}] : [];
    }),
    images: images.map((image): HouseImage => {
      const ageMs = ages.get(image.digest);
      return {...image, ...(ageMs === undefined ? {} : {ageMs})};
    }),
    made: lines('containers')
      .slice(1, -1)
      .flatMap(line => {
        const [id, image] = line.trim().split(/\s+/);
        return id && image ? [{id, image}] : [];
      }),
    networkAges: new Map(
      lines('networks').flatMap(line => {
        const [bridge = '', seconds] = line.split(' ');
        return [[bridge, Number(seconds) * 1000] as const];
      }),
    ),
    snapshots: lines('snapshots').filter(key => idForm.test(key)),
  };
}

/** `REF TYPE DIGEST SIZE PLATFORMS LABELS`; the size is of two words. */
function imageLine(line: string): {name: string; digest: string; bytes: number}[] {
  const [, name, digest, size = ''] = /^(\S+)\s+\S+\s+(sha256:[0-9a-f]{64})\s+([\d.]+ ?[A-Za-z]*)/.exec(line) ?? [];
  return name === undefined || digest === undefined ? [] : [{name, digest, bytes: bytesOf(size)}];
}

/** `DIGEST SIZE AGE LABELS`, with tabs in between. */
export function contentLine(line: string): {digest: string; bytes: number; ageMs?: number} {
  const [digest = '', size = '', age = ''] = line.split(/\t+/);
  return {digest, bytes: bytesOf(size), ageMs: ageOf(age)};
}
