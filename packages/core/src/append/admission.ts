/** What a message carries into a topic with a line: good for one, until it ends by Redis's clock. */
export interface Admission {
  readonly line: string;
  readonly place: number;
  readonly expiresAt: number;
}
