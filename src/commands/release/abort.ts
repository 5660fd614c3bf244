import {ReleaseCommand, releaseArgs, releaseFlags} from '../../cli/release-command.ts';

export default class ReleaseAbort extends ReleaseCommand {
  static override summary = 'Send all requests to the old replicas of an open release again, and remove the new ones.';
  static override description =
    'The next apply of the same files begins the release again. An apply that is at it is asked to take it back.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> web --env staging --yes',
  ];
  static override args = releaseArgs;
  static override flags = releaseFlags;

  async run(): Promise<void> {
    const {args, flags} = await this.parse(ReleaseAbort);
    await this.endRelease('abort', flags, args.service);
  }
}
