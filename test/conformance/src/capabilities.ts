/** What one way to reach Tidegate can say that another cannot. A story that needs it asserts both. */
export interface Capabilities {
  /** Headers are a list: order, repeated names and names without a value are kept. Else one value a name. */
  readonly headerList: boolean;
  /** A message says how many units of stock it takes. Else each takes one. */
  readonly stockUnits: boolean;
  /** Any text can be asked for as a name. Else an empty one, `.` and `..` are no address at all: NOT_FOUND. */
  readonly anyName: boolean;
  /** A wait is ended by what it waits for. Else it is noticed at the next poll. */
  readonly wakes: boolean;
}
