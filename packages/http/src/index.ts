export { type AppOptions, createApp, type Failure } from "./create-app.ts";
export { bodyTooLarge, type RequestReader } from "./middleware/body.ts";
export { Grants, type Permission, parseTokens, type Tokens } from "./middleware/tokens.ts";
export { type Ticket, Tickets } from "./tickets/ticket.ts";
