import type { OpenApi, Operation } from "./document.ts";

/** The operation that a request is for, and the parts of its path by name. */
export interface FoundOperation {
  readonly operation: Operation;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Finds the operation of a method and a request target; null when the document has none. */
export function findOperation(openApi: OpenApi, method: string, target: string): FoundOperation | null {
  const path = pathOf(target);
  if (path === null) return null;
  const asked = method === "HEAD" ? "GET" : method;
  for (const operation of openApi.operations) {
    if (operation.method !== asked) continue;
    const parameters = matchPath(operation.path, path);
    if (parameters !== null) return { operation, parameters };
  }
  return null;
}

/** The path of a request target, dots and all resolved as a URL's is. */
function pathOf(target: string): string | null {
  try {
    // Joined, not resolved against: `//a` is a path here and no host.
    return new URL(target.startsWith("/") ? `http://localhost${target}` : target).pathname;
  } catch {
    return null;
  }
}

function matchPath(template: string, path: string): Record<string, string> | null {
  const wanted = template.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const text = decodePart(given[index]!);
    if (!part.startsWith("{")) {
      if (text !== part) return null;
    } else if (text === "") return null;
    else parameters[part.slice(1, -1)] = text;
  }
  return parameters;
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
