import type { Command } from "../../command.ts";
import { printableLine } from "../../output/printable.ts";
import type { Candidate } from "./candidates.ts";
import { scripts } from "./scripts.ts";

type Shell = keyof typeof scripts;

/** `tidegate completion` */
export const completion: Command<{ shell: Shell; words?: readonly string[] }> = {
  name: "completion",
  summary: "Print what makes bash or zsh complete commands, options, topics and groups",
  arguments: [
    { name: "<shell>", description: "which shell", choices: ["bash", "zsh"] },
    { name: "[words...]", description: "what the script asks with: the words up to the cursor" },
  ],
  examples: [
    "source <(tidegate completion bash)",
    "tidegate completion bash > /etc/bash_completion.d/tidegate",
    'tidegate completion zsh > "$' + '{fpath[1]}/_tidegate"',
  ],
  offline: true,
  async run({ input: { shell, words = [] }, out, env }) {
    if (words.length === 0) return out.write(scripts[shell]);
    const [{ candidatesFor }, { namesAt }] = await Promise.all([
      import("./candidates.ts"),
      import("./names.ts"),
    ]);
    const candidates = await candidatesFor(words, (options) => namesAt(options, env));
    await out.write(candidates.map((candidate) => `${lineOf(shell, candidate)}\n`).join(""));
  },
};

function lineOf(shell: Shell, { value, description }: Candidate): string {
  if (shell === "bash") return printableLine(value);
  return printableLine(
    description === "" ? value.replaceAll(":", "\\:") : `${value.replaceAll(":", "\\:")}:${description}`,
  );
}
