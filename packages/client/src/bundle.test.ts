import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";

/** What a bundler makes of what a function imports: its size, and the files that are in it. */
async function bundle(code: string) {
  const { metafile } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    conditions: ["tidegate-source"],
  });
  const [output] = Object.values(metafile.outputs);
  const inputs = Object.entries(output!.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return { bytes: output!.bytes, files: inputs.map(([path]) => path).join("\n") };
}

test.each([
  ["the client", 'export { Client } from "@tidegate/client"'],
  ["a receiver of pushes", 'export { workerPush } from "@tidegate/client/push"'],
  ["every receiver", 'export * from "@tidegate/client/push"'],
])("what %s brings into a function is small, and has neither schemas nor Node", async (_name, code) => {
  const { bytes, files } = await bundle(code);
  expect(files).not.toMatch(/zod|ioredis|node:/);
  expect(bytes).toBeLessThan(48_000);
});

test("what is not used stays out", async () => {
  const client = await bundle('export { Client } from "@tidegate/client"');
  expect(client.files).not.toMatch(/standardwebhooks|sha256|noble|push\//);
  const receiver = await bundle('export { handlePush } from "@tidegate/client/push"');
  expect(receiver.files).toMatch(/standardwebhooks/);
  expect(receiver.files).not.toMatch(/noble|eventsource-parser|sqs-event/);
});
