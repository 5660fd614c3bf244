import {expect, test} from 'vitest';
import {debianMirror} from '../../../src/engine/lab/apt-sources.ts';

const list = (text: string) => [{name: '/etc/apt/sources.list', text}];
const sources = (text: string) => [{name: '/etc/apt/sources.list.d/debian.sources', text}];

test.each([
  ['one line', list('deb http://mirror.example/debian bookworm main'), 'http://mirror.example/debian'],
  [
    'one line with options',
    list('deb [arch=amd64 signed-by=/x.gpg] https://mirror.example/debian/ sid main contrib'),
    'https://mirror.example/debian',
  ],
  [
    'a commented line before it',
    list('# deb http://old.example/debian bookworm main\ndeb http://new.example/debian trixie main'),
    'http://new.example/debian',
  ],
  ['a source line', list('deb-src http://mirror.example/debian bookworm main'), undefined],
  [
    'another archive first',
    list('deb https://apt.example cloud-sdk main\ndeb http://mirror.example/debian stable main'),
    'http://mirror.example/debian',
  ],
  ['a cdrom', list('deb cdrom:[Debian 12]/ bookworm main'), undefined],
  ['Ubuntu', list('deb http://archive.example/ubuntu noble main'), undefined],
  [
    'a stanza',
    sources(
      'Types: deb deb-src\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: main',
    ),
    'http://mirror.example/debian',
  ],
  [
    'a stanza with comments and folded fields',
    sources(
      'Types: deb\n# why\nURIs:\n http://a.example/debian\n http://b.example/debian\nSuites: trixie\nComponents: main',
    ),
    'http://a.example/debian',
  ],
  [
    'a disabled stanza before it',
    sources(
      'Enabled: no\nTypes: deb\nURIs: http://a.example/debian\nSuites: sid\nComponents: main\n\nTypes: deb\nURIs: http://b.example/debian\nSuites: sid\nComponents: main',
    ),
    'http://b.example/debian',
  ],
  [
    'only security updates',
    sources('Types: deb\nURIs: http://mirror.example/debian-security\nSuites: bookworm-security\nComponents: main'),
    undefined,
  ],
  ['nothing', [], undefined],
])('the mirror in apt sources with %s', (_, files, mirror) => expect(debianMirror(files)).toBe(mirror));
