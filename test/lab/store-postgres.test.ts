import {describeStore} from '../engine/coordinator/store/store-suite.ts';

describeStore('postgres');
