import {ReleaseCommand, releaseArgs, releaseFlags} from '../../cli/release-command.ts';

export default class ReleasePromote extends ReleaseCommand {
  static override summary = 'Send all requests to the new replicas of an open release, and remove the old ones.';
  static override description =
    'Everything switches at once, by all proxies and names. A canary that an apply is at is asked to skip its other steps.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> web --env staging --yes',
  ];
  static override args = releaseArgs;
  static override flags = releaseFlags;

  async run(): Promise<void> {
    const {args, flags} = await this.parse(ReleasePromote);
    await this.endRelease('promote', flags, args.service);
  }
}
