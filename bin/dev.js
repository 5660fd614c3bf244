#!/usr/bin/env node
// Runs the sources as they are: Node strips the types.
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {start} from './start.js';

process.env.NODE_ENV ??= 'production';
await start('../src/cli/main.ts', fileURLToPath(import.meta.url));
