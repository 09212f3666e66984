import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { OpenApi, Schema } from "./document.ts";

/** Checks values against schemas of a document. */
export class SchemaChecker {
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false });
  readonly #compiled = new Map<Schema, ValidateFunction>();
  readonly #components: object;

  constructor({ schemas }: Pick<OpenApi, "schemas">) {
    this.#components = { schemas };
  }

  /** What is wrong with a value, or null when nothing is. */
  fault(schema: Schema, value: unknown): string | null {
    let validate = this.#compiled.get(schema);
    if (validate === undefined) {
      // References lead from the root of what is compiled.
      validate = this.#ajv.compile({ ...schema, components: this.#components });
      this.#compiled.set(schema, validate);
    }
    if (validate(value)) return null;
    return this.#ajv.errorsText(validate.errors, { dataVar: "" });
  }
}
