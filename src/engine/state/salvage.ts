/** What can still be told from a lock file that cannot be read as a whole. */
export interface Salvaged {
  readonly serial: number;
  readonly salt?: string;
}

/** Serial and salt stand at the top of a lock file, so that they outlive most accidents. Serial 0 when not found. */
export function salvage(text: string): Salvaged {
  const serial = /^ {2}"serial": (\d{1,15}),?$/m.exec(text)?.[1];
  const salt = /^ {2}"salt": "([A-Za-z0-9+/=]+)",?$/m.exec(text)?.[1];
  return {serial: Number(serial ?? 0), salt};
}
