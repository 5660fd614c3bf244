export {type BusyboxImage, busyboxArchive} from './busybox-archive.ts';
export {LabFixture, type LabFixtureOptions, type Ran, TestProject, useLab, withLab} from './lab-fixture.ts';
export {type CliOptions, type CliResult, niyanta, startNiyanta} from './niyanta-cli.ts';
