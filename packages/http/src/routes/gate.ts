import { creditRequest, creditResponse, TidegateError, validate } from "@tidegate/contracts";
import { json } from "../answer.ts";
import { type Route, topicOf } from "../route.ts";
import { readJson } from "../wire/read-json.ts";

/** Give stock back to a topic's gate. */
export const gateRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/topics/:topic/gate/credit",
    // Not `publish`: a buyer who holds a ticket could return the stock of an order that is being worked on.
    permission: "consume-topic",
    summary: "Return the stock that a message took, once",
    body: { schema: creditRequest },
    answers: { 200: creditResponse },
    async handle(call, services) {
      const topic = topicOf(call);
      const request = validate(creditRequest, await readJson(call));
      const engine = services.engineOf(call);
      const ticket = (await services.ticketsOf(engine)).open(request.ticket);
      if (ticket === null)
        throw new TidegateError("INVALID", "ticket was not made by this deployment", { field: "ticket" });
      const { topicId } = await engine.topics.get(topic);
      if (ticket.topicId !== topicId)
        throw new TidegateError("INVALID", `ticket is not of the topic ${topic}`, { field: "ticket" });
      const { partition, offset, delayedId, gateId } = ticket;
      if (gateId === null)
        throw new TidegateError("INVALID", "ticket is of a message that met no gate", { field: "ticket" });
      const place = { partition, offset, delayedId, gateId, stockUnits: ticket.stockUnits };
      const { credited, admitted } = await engine.topics.credit(topic, place);
      return json(200, { credited, admitted });
    },
  },
];
