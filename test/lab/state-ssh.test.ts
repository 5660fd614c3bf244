import {describeStore} from '../engine/state/store-suite.ts';

describeStore('ssh');
