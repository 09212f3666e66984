import type { Chance } from "../chance.ts";
import { oddTexts, oddValue } from "./odd-values.ts";
import { Literal, renderJson } from "./render-json.ts";

/** The value with one thing in it changed; the original stays as it is. */
export function mutateJson(value: unknown, chance: Chance): unknown {
  const isList = Array.isArray(value);
  const isObject = typeof value === "object" && value !== null && !(value instanceof Literal);
  // The deeper a value is, the fewer reach it: half of the mutations happen on the way.
  if (!isObject || chance.oneIn(4))
    return chance.oneIn(3) && isObject ? reshape(value, chance) : swap(value, chance);
  if (isList) return mutateList(value, chance);
  const fields = Object.entries(value);
  if (fields.length === 0 || chance.oneIn(4)) return reshape(value, chance);
  const [name, one] = chance.pick(fields);
  return { ...value, [name]: mutateJson(one, chance) };
}

function mutateList(list: readonly unknown[], chance: Chance): unknown {
  if (list.length === 0) return [oddValue(chance)];
  const index = chance.int(0, list.length - 1);
  switch (chance.int(0, 4)) {
    case 0:
      return list.filter((_, at) => at !== index);
    case 1:
      return [...list, list[index]];
    case 2:
      return [...list, oddValue(chance)];
    default:
      return list.map((one, at) => (at === index ? mutateJson(one, chance) : one));
  }
}

/** Fields dropped, added, renamed, written twice. */
function reshape(value: object, chance: Chance): unknown {
  const fields = Object.entries(value);
  const name = fields.length === 0 ? "a" : chance.pick(fields)[0];
  const { [name]: one, ...rest } = value as Record<string, unknown>;
  switch (chance.int(0, 4)) {
    case 0:
      return rest;
    case 1:
      return {
        ...value,
        [chance.pick([...oddTexts, "rate", "push", "tickets", "concurrency"])]: oddValue(chance),
      };
    case 2:
      return {
        ...rest,
        [chance.pick([name.toUpperCase(), `${name} `, `${name}\0`, chance.pick(oddTexts)])]: one,
      };
    case 3:
      return new Literal(
        `${renderJson(value).slice(0, -1)},${JSON.stringify(name)}:${renderJson(oddValue(chance))}}`,
      );
    default:
      return { ...value, [name]: oddValue(chance) };
  }
}

function swap(value: unknown, chance: Chance): unknown {
  if (typeof value === "number" && chance.oneIn(2))
    return chance.pick([
      value + 1,
      value - 1,
      -value,
      value * 1000,
      value + 0.5,
      String(value),
      [value],
      value / 0,
    ]);
  if (typeof value === "string" && chance.oneIn(2))
    return chance.pick([
      value + value,
      `${value}\0`,
      ` ${value}`,
      value.slice(1),
      value.toUpperCase(),
      [value],
    ]);
  return oddValue(chance);
}
