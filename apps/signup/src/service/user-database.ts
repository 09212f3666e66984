import { DatabaseSync } from "node:sqlite";

/** Who signs up. */
export interface Person {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
}

/** The users of the service, in SQLite. Survives the end of its process (not a power loss). */
export class UserDatabase {
  readonly #database: DatabaseSync;

  constructor(file: string) {
    this.#database = new DatabaseSync(file);
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS users (
        id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, phone TEXT NOT NULL
      ) STRICT;
    `);
  }

  /** Adds somebody, or finds who has this address already. */
  register({ email, name, phone }: Person): { id: number; isNew: boolean } {
    const added = this.#database
      .prepare("INSERT INTO users (email, name, phone) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING id")
      .get(email, name, phone);
    if (added !== undefined) return { id: Number(added.id), isNew: true };
    const known = this.#database.prepare("SELECT id FROM users WHERE email = ?").get(email)!;
    return { id: Number(known.id), isNew: false };
  }

  get count(): number {
    return Number(this.#database.prepare("SELECT count(*) AS users FROM users").get()!.users);
  }

  close(): void {
    this.#database.close();
  }
}
