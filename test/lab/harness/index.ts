export {busyboxArchive} from './busybox-archive.ts';
export {type LabFixture, type TestProject, useLab, withLab} from './lab-fixture.ts';
export {niyanta, startNiyanta} from './niyanta-cli.ts';
