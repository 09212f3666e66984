import { renderVerdict } from "./judge/verdict.ts";
import { runSoak } from "./soak.ts";
import { parseSoakOptions, type SoakOptions, usage } from "./soak-options.ts";

const options = readOptions();
if (options === null) process.exitCode = 1;
else {
  const { verdict, findings } = await runSoak(options, console.log);
  console.log(`\n${renderVerdict(verdict)}\n`);
  console.log(`${findings.length} findings`);
  for (const finding of findings) console.log(`  ${finding}`);
  const isFlat = [...verdict.values()].every(({ flat }) => flat);
  process.exitCode = isFlat && findings.length === 0 ? 0 : 1;
}

function readOptions(): SoakOptions | null {
  try {
    return parseSoakOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return null;
  }
}
