export { sendMail, sendText } from "./tasks.ts";
