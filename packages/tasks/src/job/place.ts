/**
 * What stands before a field in the errors of one run: a text such as `children[1].`, or the number of the run in its call. A number is
 * made a text of only for an error, which spares the others the making.
 */
export type Place = string | number;

export function pathOf(place: Place): string {
  return typeof place === "number" ? `tasks[${place}].` : place;
}
