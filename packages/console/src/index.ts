export { type ConsoleAnswer, ConsolePage, type ConsoleRequest, openConsole } from "./serve/console-page.ts";
