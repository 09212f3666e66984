import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { readConfig } from "@tidegate/server";
import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { infraPath, readInfra, root } from "./infra-file.ts";

const run = promisify(execFile);

/** kind → where its type is. A type refuses what is missing, what is of another type, and what is misspelt. */
const types: Record<string, string> = {
  ConfigMap: "kubernetes-types/core/v1",
  Deployment: "kubernetes-types/apps/v1",
  NetworkPolicy: "kubernetes-types/networking/v1",
  PodDisruptionBudget: "kubernetes-types/policy/v1",
  Secret: "kubernetes-types/core/v1",
  Service: "kubernetes-types/core/v1",
  ServiceMonitor: "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor",
  StatefulSet: "kubernetes-types/apps/v1",
};
const folders = ["server", "monitoring", "trial-redis"].map((name) => `kubernetes/${name}`);

// biome-ignore lint/suspicious/noExplicitAny: what it is, the types have said.
type Manifest = any;
let manifests: { path: string; manifest: Manifest }[];
const named = (kind: string, name: string) =>
  manifests.find(({ manifest }) => manifest.kind === kind && manifest.metadata.name === name)?.manifest;

beforeAll(() => {
  manifests = folders.flatMap((folder) =>
    readdirSync(infraPath(folder))
      .filter(
        (file) => file.endsWith(".yaml") && file !== "kustomization.yaml" && !file.endsWith(".secret.yaml"),
      )
      .map((file) => ({ path: `${folder}/${file}`, manifest: parse(readInfra(`${folder}/${file}`)) })),
  );
});

test("manifests are of the types that Kubernetes publishes, and a misspelt field is found", async () => {
  const misspelt = structuredClone(named("Deployment", "tidegate"));
  misspelt.spec.template.spec.containers[0].readinesProbe = {};
  const faults = await faultsOf([...manifests, { path: "misspelt", manifest: misspelt }]);
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain("'\"readinesProbe\"' does not exist in type 'Container'");
});

/** What the compiler says of the manifests as values of their types. */
async function faultsOf(all: typeof manifests): Promise<string[]> {
  const lines = all.map(({ manifest }, index) => {
    const { kind } = manifest;
    const type = kind === "ServiceMonitor" ? "IServiceMonitor" : kind;
    return `export const m${index}: import(${JSON.stringify(types[kind])}).${type} = ${JSON.stringify(manifest)};`;
  });
  const scratch = `${root}test/infra/artifacts`;
  mkdirSync(scratch, { recursive: true });
  const file = join(scratch, "manifests.ts");
  writeFileSync(file, lines.join("\n"));
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "preserve", "--target", "es2024"];
  const compiler = `${root}node_modules/.bin/tsc`;
  const { stdout } = await run(compiler, ["--ignoreConfig", ...options, file]).catch((error) => error);
  return stdout.split("\n").filter((line: string) => line.includes("error TS"));
}

test.each(folders)("%s: its kustomization names each of its files, and only what is there", (folder) => {
  const { resources, images = [] } = parse(readInfra(`${folder}/kustomization.yaml`));
  const here = manifests
    .map(({ path }) => path)
    .filter((path) => path.startsWith(folder) && !/example/.test(path));
  expect(
    resources
      .filter((name: string) => !name.startsWith("../"))
      .map((name: string) => `${folder}/${name}`)
      .sort(),
  ).toEqual(here.sort());
  for (const name of resources) expect(existsSync(infraPath(`${folder}/${name}`)), name).toBe(true);
  for (const { name } of images)
    expect(JSON.stringify(manifests.map(({ manifest }) => manifest))).toContain(`"image":"${name}"`);
});

test("what refers to something finds it: selectors, ports, configuration, keys of the Secret", () => {
  const secretKeys = Object.keys(named("Secret", "tidegate").stringData);
  const generated = parse(readInfra("redis/kustomization.yaml")).configMapGenerator.map(
    ({ name }: Manifest) => name,
  );
  for (const kind of ["Deployment", "StatefulSet"]) {
    for (const { manifest } of manifests.filter(({ manifest }) => manifest.kind === kind)) {
      const { selector, template, serviceName } = manifest.spec;
      expect(template.metadata.labels).toMatchObject(selector.matchLabels);
      const service = named("Service", serviceName ?? manifest.metadata.name);
      expect(template.metadata.labels).toMatchObject(service.spec.selector);
      const [container] = template.spec.containers;
      const ports = container.ports.map(({ name }: Manifest) => name);
      for (const { targetPort } of service.spec.ports) expect(ports).toContain(targetPort);
      for (const { valueFrom } of container.env) {
        expect(valueFrom.secretKeyRef.name).toBe("tidegate");
        expect(secretKeys).toContain(valueFrom.secretKeyRef.key);
      }
      for (const { configMapRef } of container.envFrom ?? [])
        expect(named("ConfigMap", configMapRef.name)).toBeDefined();
      for (const { configMap } of template.spec.volumes ?? []) expect(generated).toContain(configMap.name);
    }
  }
  const monitor = named("ServiceMonitor", "tidegate").spec;
  expect(named("Service", "tidegate").metadata.labels).toMatchObject(monitor.selector.matchLabels);
  expect(secretKeys).toContain(monitor.endpoints[0].authorization.credentials.key);
  const policy = named("NetworkPolicy", "tidegate-redis").spec;
  expect(named("StatefulSet", "tidegate-redis").spec.template.metadata.labels).toMatchObject(
    policy.podSelector.matchLabels,
  );
  expect(named("Deployment", "tidegate").spec.template.metadata.labels).toMatchObject(
    policy.ingress[0].from[0].podSelector.matchLabels,
  );
});

test("the server can be run with its ConfigMap and the example of its Secret", () => {
  const { REDIS_URL, TIDEGATE_TOKENS, ...keys } = named("Secret", "tidegate").stringData;
  const config = readConfig({
    HOST: "0.0.0.0",
    ...named("ConfigMap", "tidegate").data,
    REDIS_URL,
    TIDEGATE_TOKENS,
  });
  expect(config.tokens?.get(keys["metrics-token"])?.allow("admin", "", "", true)).toBe(true);
  expect(config.tokens?.get(keys["metrics-token"])?.allow("admin", "", "")).toBe(false);
  const { hostname, port, password } = new URL(config.redisUrl!);
  expect([hostname, Number(port)]).toEqual(["tidegate-redis", 6379]);
  expect(password).toBe(keys["redis-password"]);
});

test("nothing runs as root, with a token of Kubernetes, or on a disk of its own", () => {
  for (const { manifest } of manifests.filter(({ manifest }) =>
    /^(Deployment|StatefulSet)$/.test(manifest.kind),
  )) {
    const { spec } = manifest.spec.template;
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true },
    });
    for (const container of spec.containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(container.resources.limits.memory).toBeDefined();
    }
  }
});
