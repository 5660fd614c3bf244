#!/usr/bin/env node
// Runs the sources as they are: Node 24 strips the types.
import {execute} from '@oclif/core';

await execute({development: true, dir: import.meta.url});
