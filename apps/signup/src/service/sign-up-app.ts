import type { Tasks } from "@tidegate/tasks/producer";
import { Hono } from "hono";
import * as z from "zod";
import { sendMail, sendText } from "../tasks.ts";
import type { UserDatabase } from "./user-database.ts";

const person = z.object({ name: z.string().min(1).max(100), email: z.email(), phone: z.e164() });

/**
 * `POST /sign-ups`: keeps the user, enqueues what is to be sent, and answers; nobody waits for a mail server. Safe to
 * repeat: the ids of the runs come from the user's, so who clicks twice, or asks again because no answer came, is welcomed
 * once, also when this process died between its two steps.
 */
export function signUpApp(users: UserDatabase, tasks: Tasks): Hono {
  const app = new Hono();
  app.post("/sign-ups", async (context) => {
    const given = person.safeParse(await context.req.json().catch(() => null));
    if (!given.success) return context.json({ error: given.error.issues[0]!.message }, 422);
    const { name, email, phone } = given.data;
    const { id, isNew } = users.register(given.data);
    const code = String((id * 7919) % 1_000_000).padStart(6, "0");
    await Promise.all([
      tasks.enqueue(sendMail, { to: email, name }, { id: `welcome~u${id}` }),
      tasks.enqueue(sendText, { to: phone, code }, { id: `code~u${id}` }),
    ]);
    return context.json({ id }, isNew ? 201 : 200);
  });
  return app;
}
