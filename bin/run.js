#!/usr/bin/env node
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {start} from './start.js';

process.env.NODE_ENV ??= 'production';
await start('../dist/cli/main.js', fileURLToPath(import.meta.url));
