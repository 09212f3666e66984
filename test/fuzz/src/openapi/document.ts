/** A JSON Schema, as far as it is looked into. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
}

/** What a success looks like: a media type, and for JSON its schema. */
export interface SuccessAnswer {
  readonly type: string | null;
  readonly schema: Schema | null;
}

/** One operation of the document. */
export interface Operation {
  readonly method: string;
  /** `/v1/topics/{topic}` */
  readonly path: string;
  readonly secured: boolean;
  readonly queryNames: readonly string[];
  readonly headerNames: readonly string[];
  /** Schema of the JSON body; null when it takes none. */
  readonly body: Schema | null;
  readonly bodyRequired: boolean;
  /** Whether a body of another content type is taken as it is. */
  readonly takesRaw: boolean;
  /** By status. */
  readonly answers: ReadonlyMap<number, SuccessAnswer>;
}

/** An OpenAPI document, as far as it is looked into. */
export interface OpenApi {
  readonly operations: readonly Operation[];
  /** `components.schemas`. */
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly problem: Schema;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface DocumentedOperation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: Content & { readonly required?: boolean };
  readonly responses: Readonly<Record<string, Content>>;
  readonly security?: unknown;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Asks a server for its document. */
export async function fetchOpenApi(url: string): Promise<OpenApi> {
  const response = await fetch(`${url}/openapi.json`);
  return readOpenApi((await response.json()) as Document);
}

/** Reads what the fuzz needs out of a document. */
export function readOpenApi({ paths, components }: Document): OpenApi {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, documented]) =>
      readOperation(method.toUpperCase(), path, documented),
    ),
  );
  return { operations, schemas: components.schemas, problem: components.schemas.Problem! };
}

function readOperation(method: string, path: string, documented: DocumentedOperation): Operation {
  const { parameters = [], requestBody, responses, security } = documented;
  const named = (place: string) => parameters.filter((one) => one.in === place).map(({ name }) => name);
  return {
    method,
    path,
    secured: security !== undefined,
    queryNames: named("query"),
    headerNames: named("header"),
    body: requestBody?.content?.["application/json"]?.schema ?? null,
    bodyRequired: requestBody?.required ?? false,
    takesRaw: requestBody?.content?.["*/*"] !== undefined,
    answers: new Map(
      Object.entries(responses)
        .filter(([status]) => /^\d+$/.test(status))
        .map(([status, { content }]) => [Number(status), readAnswer(content)]),
    ),
  };
}

function readAnswer(content: Content["content"]): SuccessAnswer {
  const [first] = Object.entries(content ?? {});
  return first === undefined
    ? { type: null, schema: null }
    : { type: first[0], schema: first[1].schema ?? null };
}
