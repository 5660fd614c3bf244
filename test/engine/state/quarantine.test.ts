import {expect, test} from 'vitest';
import {quarantineAfter} from '../../../src/engine/state/quarantine.ts';

const then = '2026-11-20T08:00:00Z';
const now = '2026-11-21T08:00:00Z';
const silent = {host: 'h2', answers: false};
const back = {host: 'h2', answers: true};

test.each([
  ['a silent host goes into it', undefined, silent, true, {h2: {since: now}}],
  ['one that stays silent keeps its time', {h2: {since: then}}, silent, true, {h2: {since: then}}],
  ['one that is back and caught up comes out', {h2: {since: then}}, back, true, undefined],
  ['one that is back in a change that failed stays', {h2: {since: then}}, back, false, {h2: {since: then}}],
  ['one that always answered is never in it', undefined, back, false, undefined],
  ['one that left the project is forgotten', {old: {since: then}}, back, false, undefined],
])('%s', (_, before, host, caughtUp, after) => {
  expect(quarantineAfter(before, [{host: 'h1', answers: true}, host], {at: now, caughtUp})).toEqual(after);
});
