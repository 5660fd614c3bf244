import {script} from './command.ts';
import type {HostFacts} from './facts.ts';
import {factsScript} from './facts-script.ts';
import {parseFacts} from './parse-facts.ts';
import type {Probe} from './probe.ts';

/** What the host is. */
export const facts: Probe<HostFacts> = {command: script(factsScript), parse: parseFacts};
