import { dirname, join } from "node:path";
import { parse } from "yaml";
import { infraPath, readInfra } from "./infra-file.ts";

/** What the tests look at in a service of a compose file. */
export interface ComposeService {
  image: string;
  build?: { context: string; dockerfile: string };
  restart?: string;
  entrypoint?: string[];
  command?: string[];
  environment?: Record<string, string>;
  volumes?: string[];
  ports?: string[];
  networks?: string[] | Record<string, { ipv4_address?: string }>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  logging?: object;
  [more: string]: unknown;
}

/** A compose file as compose reads it: with the values of an environment in place of variables. */
export interface ComposeFile {
  readonly services: Record<string, ComposeService>;
  readonly volumes: Record<string, unknown>;
  readonly networks: Record<string, unknown>;
}

export const composeFolders = ["compose", "cluster", "sentinel"] as const;
export type ComposeFolder = (typeof composeFolders)[number];

/** The file as it stands, merges carried out, variables left as they are. */
export function parseCompose(folder: ComposeFolder): ComposeFile {
  return parse(readInfra(`${folder}/compose.yaml`), { merge: true }) as ComposeFile;
}

/** The file under an environment; throws for a required variable that is not there. */
export function readCompose(folder: ComposeFolder, environment: Record<string, string>): ComposeFile {
  return interpolate(parseCompose(folder), environment) as ComposeFile;
}

/** `.env.example` with secrets put in, each its own. */
export function exampleEnvironment(folder: ComposeFolder): Record<string, string> {
  const lines = readInfra(`${folder}/.env.example`)
    .split("\n")
    .filter((line) => /^\w+=/.test(line));
  return Object.fromEntries(
    lines.map((line) => {
      const [name = "", value = ""] = line.split(/=(.*)/s);
      return [name, value === "" && !optional.has(name) ? `secret${name.replace(/\W|_/g, "")}` : value];
    }),
  );
}

const optional = new Set(["TIDEGATE_MORE_TOKENS", "TIDEGATE_PUSH_ALLOW"]);

/** The variables that a file names. */
export function variablesOf(folder: ComposeFolder): Set<string> {
  const text = JSON.stringify(parseCompose(folder)).replaceAll("$$", "");
  return new Set([...text.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name!));
}

/** What of the repository a service sees: path in the container → path here. */
export function mountsOf(folder: ComposeFolder, service: ComposeService): Map<string, string> {
  return new Map(
    (service.volumes ?? [])
      .map((volume) => volume.split(":") as [string, string])
      .filter(([source]) => source.startsWith("."))
      .map(([source, target]) => [target, join(dirname(infraPath(`${folder}/compose.yaml`)), source)]),
  );
}

function interpolate(value: unknown, environment: Record<string, string>): unknown {
  if (typeof value === "string") return interpolateText(value, environment);
  if (Array.isArray(value)) return value.map((item) => interpolate(item, environment));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, interpolate(inner, environment)]),
  );
}

/** `$$`, `${NAME:-default}` and `${NAME:?message}`: the forms that the files use; any other is an error. */
function interpolateText(text: string, environment: Record<string, string>): string {
  return text.replace(/\$(?:\$|\{(\w+):([-?])([^}]*)\}|)/g, (form, name, kind, rest) => {
    if (form === "$$") return "$";
    if (name === undefined) throw new Error(`a form that is not understood: ${text}`);
    const given = environment[name] ?? "";
    if (given !== "") return given;
    if (kind === "?") throw new Error(`${name} ${rest}`);
    return rest;
  });
}
