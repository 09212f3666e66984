export { HttpScheduleBook } from "./http-schedules.ts";
export {
  HttpTaskScheduler,
  type HttpTaskSchedulerOptions,
  type SchedulerEvent,
} from "./http-task-scheduler.ts";
export { HttpTasks, type HttpTasksOptions } from "./http-tasks.ts";
